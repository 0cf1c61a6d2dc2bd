// Programs that reach for files they were not given.
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "sandbox/testing/every_setting.h"

namespace lumenflow::sandbox {
namespace {

using testing::HostileWorld;
using testing::Outcome;
class HostileFiles : public testing::EverySetting {};
INSTANTIATE_TEST_SUITE_P(, HostileFiles, ::testing::ValuesIn(testing::all_settings()),
                         [](const auto& tested) { return tested.param.name; });

// Tries to read each path, and says which it could.
std::string reader(const std::vector<std::string>& paths) {
  std::string list;
  for (const std::string& path : paths) list += "'" + path + "',";
  return "for path in [" + list + R"(]:
    try:
        print(path, repr(open(path).read()))
    except OSError as error:
        pass
)";
}

HOSTILE(HostileFiles, WorksWithWhatItWasGiven) {
  const Outcome outcome = world.run(R"(
import os
print(open('main.txt').read(), os.getuid() != 0, os.getcwd() == os.environ['WS'] + '/src')
open(os.environ['WS'] + '/out/made.txt', 'w').write('by it')
os.rename(os.environ['WS'] + '/out/made.txt', os.environ['WS'] + '/out/renamed.txt')
import tempfile
tempfile.TemporaryFile().write(b'scratch')
)");
  EXPECT_EQ(outcome.out, "source True True\n") << outcome.err;
  EXPECT_EQ(outcome.exit.code, 0);
  EXPECT_EQ(world.read("workspace/out/renamed.txt"), "by it");
}

HOSTILE(HostileFiles, SeesNoSecrets) {
  const std::string ws = world.workspace();
  Confinement confinement = world.python(
      reader({ws + "/.env", ws + "/src/.env", ws + "/.lumenflow/keys/operator", world.path("person/.ssh/id_ed25519"),
              world.path("person/.aws/credentials"), world.path("neighbour/data.txt"), "/etc/shadow", "/etc/passwd",
              "/proc/1/environ", ws + "/out/../.env"}));
  EXPECT_EQ(world.run(confinement).out, "");
  // Nor when all of it is granted from above.
  confinement.paths = {{world.root(), true}};
  confinement.paths[0].write = true;
  const Outcome outcome = world.run(confinement);
  EXPECT_EQ(outcome.out.find("SECRET-env"), std::string::npos) << outcome.out;
  EXPECT_EQ(outcome.out.find("SECRET-key"), std::string::npos) << outcome.out;
  EXPECT_EQ(outcome.out.find("SECRET-ssh"), std::string::npos) << outcome.out;
  EXPECT_EQ(outcome.out.find("SECRET-aws"), std::string::npos) << outcome.out;
  EXPECT_NE(outcome.out.find("SECRET-neighbour"), std::string::npos) << "it was granted: " << outcome.err;
}

HOSTILE(HostileFiles, WritesNothingOutsideItsScope) {
  const Outcome outcome = world.run(R"(
import os
root, ws = os.environ['ROOT'], os.environ['WS']
def attempt(what):
    try:
        what()
        print('done')
    except OSError:
        pass
for path in [ws + '/notes.txt', ws + '/src/main.txt', ws + '/new.txt', ws + '/.lumenflow/keys/operator', ws + '/.env',
             root + '/neighbour/data.txt', root + '/person/.ssh/authorized_keys', '/etc/cron.d/x', '/usr/bin/x', '/x']:
    attempt(lambda: open(path, 'w').write('owned'))
attempt(lambda: os.unlink(ws + '/notes.txt'))
attempt(lambda: os.rename(ws + '/notes.txt', ws + '/out/notes.txt'))
attempt(lambda: os.truncate(ws + '/notes.txt', 0))
attempt(lambda: os.chmod(ws + '/notes.txt', 0o777))
attempt(lambda: os.chmod(root + '/person/.ssh/id_ed25519', 0o777))
attempt(lambda: os.setxattr(ws + '/notes.txt', 'user.x', b'x'))
attempt(lambda: os.link(root + '/person/.ssh/id_ed25519', ws + '/out/id'))
attempt(lambda: os.mkdir(ws + '/.lumenflow/more'))
attempt(lambda: os.open(ws + '/out/trap', os.O_CREAT | os.O_WRONLY, 0o4755))
open(ws + '/out/mine', 'w')
attempt(lambda: os.chmod(ws + '/out/mine', 0o4755))
)");
  EXPECT_EQ(outcome.out, "") << outcome.err;
  EXPECT_EQ(world.read("workspace/notes.txt"), "notes");
  EXPECT_EQ(world.read("workspace/.env"), "SECRET-env");
  EXPECT_EQ(world.read("neighbour/data.txt"), "SECRET-neighbour");
  EXPECT_FALSE(world.exists("workspace/new.txt"));
}

HOSTILE(HostileFiles, FollowsNoSymlinkOut) {
  const Outcome planted = world.run(R"(
import os
root, ws = os.environ['ROOT'], os.environ['WS']
os.chdir(ws + '/out')
os.symlink(root + '/person', 'person')
os.symlink('../.env', 'env')
os.symlink('../.lumenflow', 'state')
os.symlink('/proc/self/root/' + root, 'proc')
for path in ['person/.ssh/id_ed25519', 'env', 'state/keys/operator',
             'proc/person/.ssh/id_ed25519', 'proc/neighbour/data.txt']:
    try:
        print(open(path).read())
    except OSError:
        pass
os.mkdir('sub')
)");
  EXPECT_EQ(planted.out, "") << planted.err;
  // What it planted does not lead the next grant astray.
  std::filesystem::remove(world.path("workspace/out/sub"));
  std::filesystem::create_directory_symlink(world.path("neighbour"), world.path("workspace/out/sub"));
  for (const char* under : {"/out/sub", "/out/person/.ssh", "/out/sub/made"}) {
    Confinement confinement = world.python("print(1)");
    confinement.paths.push_back({world.workspace() + under, true});
    const auto child = world.launcher().start(confinement);
    ASSERT_FALSE(child.ok()) << under;
    EXPECT_EQ(child.error().code(), ErrorCode::kInvalidInput);
  }
  EXPECT_FALSE(world.exists("neighbour/made"));
}

HOSTILE(HostileFiles, HidesWhatASecretLinkLeadsTo) {
  world.write("workspace/config/hidden-away", "SECRET-linked");
  std::filesystem::remove(world.path("workspace/src/.env"));
  std::filesystem::create_symlink("../config/hidden-away", world.path("workspace/src/.env"));
  const std::string ws = world.workspace();
  EXPECT_EQ(world.run(reader({ws + "/src/.env", ws + "/config/hidden-away"})).out, "");
}

HOSTILE(HostileFiles, ReachesNoSocketOutside) {
  const std::string path = world.path("workspace/out/control.sock");
  std::filesystem::create_directory(world.path("workspace/out"));
  const int listener = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(::listen(listener, 1), 0);
  const int abstract = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un unnamed{};
  unnamed.sun_family = AF_UNIX;
  const std::string name = "lumenflow-hostile-" + std::to_string(::getpid());
  name.copy(unnamed.sun_path + 1, sizeof unnamed.sun_path - 2);
  const auto bytes = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
  ASSERT_EQ(::bind(abstract, reinterpret_cast<const sockaddr*>(&unnamed), bytes), 0);
  ASSERT_EQ(::listen(abstract, 1), 0);
  const Outcome outcome = world.run("import socket\nfor where in ['" + path + "', '\\0" + name + R"(']:
    for kind in [socket.SOCK_STREAM, socket.SOCK_DGRAM]:
        try:
            socket.socket(socket.AF_UNIX, kind).connect(where)
            print('connected', repr(where))
        except OSError:
            pass
a, b = socket.socketpair()
a.send(b'x')
print('pair', b.recv(1))
)");
  EXPECT_EQ(outcome.out, "pair b'x'\n") << outcome.err;
  ::close(listener);
  ::close(abstract);
}

HOSTILE(HostileFiles, SeesNoOtherProcess) {
  const Outcome outcome =
      world.run("parents = ['" + std::to_string(::getpid()) + R"(', '1', str(__import__('os').getppid())]
for pid in parents:
    for name in ['environ', 'root/etc/shadow', 'mem', 'cmdline', 'fd/0', 'cwd/x']:
        try:
            text = open('/proc/%s/%s' % (pid, name), 'rb').read(64)
            if b'lumenflow-confine' not in text: print(pid, name, text)
        except OSError:
            pass
)");
  EXPECT_EQ(outcome.out, "") << outcome.err;
}

HOSTILE(HostileFiles, MakesNoFileLargerThanItsLimit) {
  const Outcome outcome = world.run(R"(
import os, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
try:
    with open(os.environ['WS'] + '/out/big', 'wb') as file:
        for i in range(64): file.write(bytes(1 << 20))
    print('done')
except OSError:
    print('refused')
)");
  EXPECT_EQ(outcome.out, "refused\n") << outcome.err;
  EXPECT_LE(std::filesystem::file_size(world.path("workspace/out/big")), 16u << 20);
}

}  // namespace
}  // namespace lumenflow::sandbox
