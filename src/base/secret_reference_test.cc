#include "base/secret_reference.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/keyctl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace lumenflow {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
namespace fs = std::filesystem;

class SecretReferences : public testing::Test {
 protected:
  SecretReferences() {
    std::string name = (fs::temp_directory_path() / "secret-XXXXXX").native();
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    root_ = fs::canonical(name);
    fs::create_directories(root_ / "ws/.lumenflow");
  }
  ~SecretReferences() override { fs::remove_all(root_); }
  std::string write(const std::string& name, const std::string& content, mode_t mode = 0600) const {
    const std::string path = (root_ / name).native();
    std::ofstream(path, std::ios::binary) << content;
    EXPECT_EQ(::chmod(path.c_str(), mode), 0);
    return "file:" + path;
  }
  Result<std::string> resolve(const std::string& reference) const {
    return resolve_secret(reference, (root_ / "ws").native());
  }
  std::string refusal(const std::string& reference) const {
    const auto value = resolve(reference);
    return value.ok() ? "resolved" : value.error().to_string();
  }

  fs::path root_;
};

TEST_F(SecretReferences, AreOfThreeForms) {
  for (const char* text : {"env:A", "file:/a", "keyring:a"}) EXPECT_TRUE(is_secret_reference(text)) << text;
  for (const char* text : {"", "env:", "file:", "keyring", "environment:A", "plain"})
    EXPECT_FALSE(is_secret_reference(text)) << text;
  EXPECT_THAT(refusal("pl4in-secret"), AllOf(HasSubstr("env:NAME"), Not(HasSubstr("pl4in"))));
}

TEST_F(SecretReferences, OfTheEnvironment) {
  ::setenv("LUMENFLOW_TEST_SECRET", "s3cret", 1);
  EXPECT_EQ(*resolve("env:LUMENFLOW_TEST_SECRET"), "s3cret");
  ::setenv("LUMENFLOW_TEST_SECRET", "", 1);
  EXPECT_THAT(refusal("env:LUMENFLOW_TEST_SECRET"), AllOf(HasSubstr("NOT_FOUND"), HasSubstr("is empty")));
  ::unsetenv("LUMENFLOW_TEST_SECRET");
  EXPECT_THAT(refusal("env:LUMENFLOW_TEST_SECRET"), AllOf(HasSubstr("NOT_FOUND"), HasSubstr("is not set")));
}

TEST_F(SecretReferences, OfAFileThatIsPrivate) {
  EXPECT_EQ(*resolve(write("token", "s3cret")), "s3cret");
  EXPECT_EQ(*resolve(write("token", "s3cret\r\n")), "s3cret");
  EXPECT_EQ(*resolve(write("token", "two\nlines\n")), "two\nlines");
  write("ws/.lumenflow/token", "of the workspace\n");
  EXPECT_EQ(*resolve("file:.lumenflow/token"), "of the workspace");
  fs::create_symlink(root_ / "token", root_ / "link");
  EXPECT_EQ(*resolve("file:" + (root_ / "link").native()), "two\nlines") << "as secrets are mounted";
}

TEST_F(SecretReferences, OfAFileThatIsNot) {
  for (const mode_t mode : {0640, 0604, 0620, 0602, 0644})
    EXPECT_THAT(refusal(write("token", "s3cret", mode)),
                AllOf(HasSubstr("INVALID_CONFIGURATION"), HasSubstr("chmod 600"), Not(HasSubstr("s3cret"))));
  EXPECT_THAT(refusal(write("ws/token", "s3cret")), HasSubstr("tools may read it"));
  fs::create_symlink(root_ / "ws/token", root_ / "ws/.lumenflow/link");
  EXPECT_THAT(refusal("file:.lumenflow/link"), HasSubstr("tools may read it"));
  EXPECT_THAT(refusal("file:../token-that-is-not-there"), HasSubstr("NOT_FOUND"));
  EXPECT_THAT(refusal("file:" + root_.native()), HasSubstr("no regular file"));
  EXPECT_THAT(refusal(write("token", "")), HasSubstr("is empty"));
  EXPECT_THAT(refusal(write("token", std::string(70'000, 'x'))), HasSubstr("over 64 KiB"));
  EXPECT_THAT(refusal(write("token", "\xff\xfe")), HasSubstr("UTF-8"));
}

TEST_F(SecretReferences, OfTheKernelsKeyring) {
  EXPECT_THAT(refusal("keyring:of-no-test-at-all"), HasSubstr("keyring:of-no-test-at-all"));
  const std::string value = "s3cret";
  const long key =
      ::syscall(SYS_add_key, "user", "lumenflow:test-key", value.data(), value.size(), KEY_SPEC_USER_KEYRING);
  if (key < 0) GTEST_SKIP() << "no key can be added to a keyring here";
  const auto resolved = resolve("keyring:test-key");
  ::syscall(SYS_keyctl, KEYCTL_INVALIDATE, key);
  ASSERT_TRUE(resolved.ok()) << resolved.error().to_string();
  EXPECT_EQ(*resolved, value);
}

}  // namespace
}  // namespace lumenflow
