// Every command with good and bad arguments: what it prints, and the exit code it is scripted against.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/encoding.h"
#include "base/files.h"
#include "cli/testing/command_line.h"
#include "event/cloud_events.h"
#include "log/checkpoint.h"
#include "log/witness.h"
#include "lumenflow/error_code.h"
#include "lumenflow/json.h"

namespace lumenflow::cli {
namespace {

using testing::AllOf;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

json::Value parsed(const std::string& text) {
  const auto value = json::parse(text);
  EXPECT_TRUE(value.ok()) << text;
  return value.ok() ? *value : json::Value();
}

std::string text_at(const json::Value& value, const std::string& pointer) {
  const json::Value* found = value.at_pointer(pointer);
  return found == nullptr || !found->is_string() ? std::string() : found->as_string();
}

// Without a workspace.
class Usage : public testing::Test {
 protected:
  CommandLine cli;
};

class Commands : public testing::Test {
 protected:
  Commands() { EXPECT_EQ(cli.run({"init", "--id", "ws-42"}).exit_code, kOk); }
  void expect(const std::vector<std::string>& arguments, int exit_code, const std::string& err) {
    const Said said = cli.run(arguments);
    EXPECT_EQ(said.exit_code, exit_code) << testing::PrintToString(arguments) << said.out << said.err;
    EXPECT_THAT(said.err, HasSubstr(err)) << testing::PrintToString(arguments);
  }
  CommandLine cli;
};

TEST_F(Commands, TheOutboxSaysWhatWaits) {
  EXPECT_THAT(cli.run({"outbox", "stats"}).out, HasSubstr("pending_events  0"));
  const json::Value stats = parsed(cli.run({"outbox", "stats", "--json"}).out);
  EXPECT_EQ(json::boolean_or(stats, "enabled", true), false);
  EXPECT_EQ(cli.run({"outbox", "list"}).exit_code, kOk);
  EXPECT_EQ(cli.run({"outbox", "export"}).out, "");
  EXPECT_EQ(cli.run({"outbox", "drain"}).exit_code, kOk);
  EXPECT_EQ(cli.run({"outbox", "dead-letters"}).exit_code, kOk);
  EXPECT_THAT(cli.run({"outbox", "dead-letters", "purge", "--all"}).out, HasSubstr("no dead letters"));
  expect({"outbox", "dead-letters", "requeue"}, kUsage, "give the POSITION of a dead letter, or --all");
  expect({"outbox", "dead-letters", "requeue", "1"}, kRefused, "NOT_FOUND");
  expect({"outbox", "drain", "--timeout", "soon"}, kUsage, "no duration");
  expect({"outbox", "list", "--after", "-1"}, kUsage, "--after");
  expect({"outbox", "list", "--limit", "0"}, kUsage, "--limit");
  expect({"events", "export", "--after", "-1"}, kUsage, "--after");
  expect({"inbox", "--after", "-1"}, kUsage, "--after");
  for (const char* tick : {"-1", "1e2", "1.5", "18446744073709551616"})
    expect({"replay", "file.lfrec", "--until", tick}, kUsage, "--until");
}

TEST_F(Commands, TheHandlersSayWhatWaitsForThem) {
  EXPECT_THAT(cli.run({"handlers", "list"}).out, HasSubstr("PACK"));
  EXPECT_EQ(cli.run({"handlers", "dead-letters", "--pack", "sidekick"}).exit_code, kOk);
  expect({"handlers", "dead-letters", "--pack", "nobody"}, kRefused, "no active pack has the id 'nobody'");
  expect({"handlers", "requeue", "--pack", "sidekick", "1"}, kRefused, "NOT_FOUND");
  expect({"handlers", "purge", "1"}, kUsage, "--pack");
}

TEST_F(Commands, AnUplinkMakesEventsWaitAlsoWithoutASidecar) {
  std::ofstream(cli.root() + "/lumenflow.yaml", std::ios::app) << "uplink: loopback\n";
  const json::Value stats = parsed(cli.run({"outbox", "stats", "--json"}).out);
  EXPECT_EQ(json::boolean_or(stats, "enabled", false), true);
  EXPECT_EQ(text_at(stats, "/connection"), "off");
  const Said inbox = cli.run({"inbox"});
  EXPECT_EQ(inbox.exit_code, kOk);
  EXPECT_THAT(inbox.err, HasSubstr("nothing has come in"));
  expect({"inbox", "send"}, kUsage, "kind");
  expect({"inbox", "send", "conductor:stop_requested", "--payload", "{"}, kUsage, "--payload");
  expect({"inbox", "send", "acme:thing_done"}, kRefused, "UNKNOWN_KIND");
  EXPECT_THAT(cli.run({"inbox", "send", "conductor:stop_requested", "--payload", R"({"target":"all"})"}).err,
              HasSubstr("lumenflow up"));
  EXPECT_THAT(cli.run({"outbox", "consent"}).err, HasSubstr("lumenflow up"));
}

TEST_F(Usage, EveryCommandHelps) {
  const std::vector<std::vector<std::string>> commands = {{},
                                                          {"init"},
                                                          {"up"},
                                                          {"tools"},
                                                          {"call"},
                                                          {"events"},
                                                          {"events", "tail"},
                                                          {"events", "show"},
                                                          {"events", "export"},
                                                          {"audit"},
                                                          {"audit", "verify"},
                                                          {"audit", "list"},
                                                          {"audit", "show"},
                                                          {"audit", "prove"},
                                                          {"audit", "consistency"},
                                                          {"audit", "export"},
                                                          {"token"},
                                                          {"token", "mint"},
                                                          {"token", "revoke"},
                                                          {"doctor"},
                                                          {"bench"},
                                                          {"demo"},
                                                          {"version"},
                                                          {"completion"}};
  for (std::vector<std::string> command : commands) {
    command.emplace_back("--help");
    const Said said = cli.run_bare(command);
    EXPECT_EQ(said.exit_code, kOk) << testing::PrintToString(command);
    EXPECT_THAT(said.out, HasSubstr("Usage")) << testing::PrintToString(command);
    EXPECT_EQ(said.err, "");
  }
}

TEST_F(Usage, WrongUsageIsTwoAndSaysSo) {
  const std::vector<std::vector<std::string>> wrong = {{},
                                                       {"nonsense"},
                                                       {"tools", "--nonsense"},
                                                       {"call"},
                                                       {"events"},
                                                       {"events", "nonsense"},
                                                       {"events", "show"},
                                                       {"events", "export", "--format", "xml"},
                                                       {"events", "tail", "--after", "x"},
                                                       {"audit"},
                                                       {"audit", "show"},
                                                       {"audit", "show", "x"},
                                                       {"audit", "show", "-1"},
                                                       {"audit", "list", "--format", "xml"},
                                                       {"audit", "consistency", "1"},
                                                       {"token"},
                                                       {"token", "revoke"},
                                                       {"demo", "nonsense"},
                                                       {"completion", "tcsh"},
                                                       {"bench", "nonsense"},
                                                       {"up", "--tls-cert", "a.pem"},
                                                       {"version", "extra"}};
  for (const std::vector<std::string>& arguments : wrong) {
    const Said said = cli.run_bare(arguments);
    EXPECT_EQ(said.exit_code, kUsage) << testing::PrintToString(arguments);
    EXPECT_NE(said.err, "") << testing::PrintToString(arguments);
    EXPECT_EQ(said.out, "") << testing::PrintToString(arguments);
  }
}

TEST_F(Usage, WithoutAWorkspaceNothingRunsAndTheWayOutIsNamed) {
  const std::vector<std::vector<std::string>> commands = {{"up"},
                                                          {"tools"},
                                                          {"call", "x:y"},
                                                          {"events", "tail"},
                                                          {"events", "show", "x"},
                                                          {"events", "export"},
                                                          {"audit", "verify"},
                                                          {"audit", "list"},
                                                          {"audit", "show", "1"},
                                                          {"token", "mint"},
                                                          {"doctor"}};
  for (const std::vector<std::string>& arguments : commands) {
    const Said said = cli.run(arguments);
    EXPECT_EQ(said.exit_code, kUsage) << testing::PrintToString(arguments);
    EXPECT_THAT(said.err, HasSubstr("init")) << testing::PrintToString(arguments);
  }
  EXPECT_TRUE(std::filesystem::is_empty(cli.root())) << "and nothing was made";
}

TEST_F(Usage, VersionSaysItselfAndItsCodes) {
  EXPECT_THAT(cli.run_bare({"version"}).out, StartsWith("lumenflow "));
  EXPECT_EQ(cli.run_bare({"--version"}).out, cli.run_bare({"version"}).out);
  EXPECT_EQ(cli.run_bare({"--version"}).exit_code, 0);
  EXPECT_EQ(text_at(parsed(cli.run_bare({"version", "--json"}).out), "/name"), "lumenflow");
  const json::Value codes = parsed(cli.run_bare({"version", "--errors", "--json"}).out);
  EXPECT_EQ(codes.as_array().size(), all_error_codes().size());
  const std::string table = cli.run_bare({"version", "--errors"}).out;
  for (const ErrorCodeInfo& code : all_error_codes()) EXPECT_THAT(table, HasSubstr(std::string(code.name)));
}

TEST_F(Usage, InitMakesAWorkspaceOnceAndTouchesNothingAfterwards) {
  const Said made = cli.run({"init", "--id", "ws-42"});
  EXPECT_EQ(made.exit_code, kOk) << made.err;
  EXPECT_THAT(made.out, AllOf(HasSubstr("lumenflow.yaml"), HasSubstr("next: lumenflow up")));
  const PosixFiles files;
  const std::string config = *files.read(join_path(cli.root(), "lumenflow.yaml"), 1u << 20);
  const std::string key = *files.read(join_path(cli.root(), ".lumenflow/state/keys/token.pem"), 1u << 20);
  EXPECT_EQ(cli.run({"init"}).exit_code, kOk);
  EXPECT_EQ(*files.read(join_path(cli.root(), "lumenflow.yaml"), 1u << 20), config);
  EXPECT_EQ(*files.read(join_path(cli.root(), ".lumenflow/state/keys/token.pem"), 1u << 20), key);
  EXPECT_EQ((*files.stat(join_path(cli.root(), ".lumenflow/state/keys/token.pem")))->mode, 0600u);
  EXPECT_EQ((*files.stat(join_path(cli.root(), ".lumenflow/state/keys")))->mode, 0700u);
}

TEST_F(Usage, InitRefusesWhatIsNoIdAndProductionWithoutAPassphrase) {
  for (const char* id : {"Upper", "-x", "a/b", "..", "a b", "ä"}) {
    const Said said = cli.run({"init", "--id", id});
    EXPECT_EQ(said.exit_code, kUsage) << id;
    EXPECT_THAT(said.err, HasSubstr("workspace id")) << id;
  }
  EXPECT_EQ(cli.run({"init", "--production"}).exit_code, kUsage);
  EXPECT_EQ(cli.run({"init", "--production", "--passphrase-file", "/nowhere/at/all"}).exit_code, kUsage);
  EXPECT_EQ(cli.run({"init", "--production", "--passphrase-file", "-"}, "\n").exit_code, kUsage) << "an empty one";
  EXPECT_TRUE(std::filesystem::is_empty(cli.root()));
}

TEST_F(Usage, ALockedOperatorKeyOpensWithItsPassphraseAlone) {
  ASSERT_EQ(cli.run({"init", "--id", "ws-42", "--production", "--passphrase-file", "-"}, "open sesame\n").exit_code,
            kOk);
  const Said locked = cli.run({"token", "mint"});
  EXPECT_EQ(locked.exit_code, kRefused);
  EXPECT_THAT(locked.err, AllOf(HasSubstr("--passphrase-file"), HasSubstr("UNAUTHENTICATED")));
  EXPECT_EQ(cli.run({"token", "mint", "--passphrase-file", "-"}, "wrong\n").exit_code, kRefused);
  const std::string file = cli.write("passphrase", "open sesame\n");
  EXPECT_EQ(cli.run({"token", "mint", "--passphrase-file", file}).exit_code, kOk);
}

TEST_F(Commands, ToolsListsThem) {
  EXPECT_THAT(cli.run({"tools"}).out, AllOf(StartsWith("TOOL"), HasSubstr("task:create")));
  const Said json = cli.run({"tools", "--json"});
  EXPECT_EQ(text_at(parsed(json.out), "/workspace_id"), "ws-42");
  EXPECT_EQ(json.err, "");
}

TEST_F(Commands, CallTakesItsInputFromThreePlaces) {
  const Said inline_input = cli.run({"call", "task:create", "--input", R"({"title":"a"})", "--json"});
  EXPECT_EQ(inline_input.exit_code, kOk) << inline_input.err;
  EXPECT_EQ(text_at(parsed(inline_input.out), "/data/task/title"), "a");
  EXPECT_EQ(cli.run({"call", "task:create", "--input", "@" + cli.write("in.json", R"({"title":"b"})")}).exit_code, kOk);
  const Said piped = cli.run({"call", "task:create", "--input", "-"}, R"({"title":"c"})");
  EXPECT_EQ(piped.exit_code, kOk);
  EXPECT_THAT(piped.err, HasSubstr("receipt rcpt-")) << "the receipt is beside the data";
  EXPECT_EQ(text_at(parsed(piped.out), "/task/title"), "c");
  EXPECT_THAT(cli.run({"call", "task:list", "--json"}).out,
              AllOf(HasSubstr(R"("title":"a")"), HasSubstr(R"("title":"b")"), HasSubstr(R"("title":"c")")));
}

TEST_F(Commands, CallSaysWhatWentWrongByItsExitCode) {
  expect({"call", "no:such"}, kRefused, "TOOL_NOT_FOUND");
  expect({"call", "task:create", "--input", R"({"title":7})"}, kRefused, "/title");
  expect({"call", "task:complete", "--input", R"({"id":"../../etc/passwd"})"}, kRefused, "NOT_FOUND");
  expect({"call", "task:create", "--input", "{"}, kUsage, "--input");
  expect({"call", "task:create", "--input", "@/nowhere/at/all"}, kUsage, "/nowhere/at/all");
  const Said refused = cli.run({"call", "task:create", "--input", "{}", "--json"});
  EXPECT_EQ(refused.exit_code, kRefused);
  EXPECT_EQ(text_at(parsed(refused.out), "/error/code"), "INVALID_INPUT");
}

TEST_F(Commands, TheSameKeyIsOneCall) {
  const std::vector<std::string> call = {"call", "task:create", "--input", R"({"title":"a"})", "--idempotency-key",
                                         "k",    "--json"};
  const Said first = cli.run(call), again = cli.run(call);
  EXPECT_EQ(text_at(parsed(first.out), "/metadata/receipt_id"), text_at(parsed(again.out), "/metadata/receipt_id"));
  expect({"call", "task:create", "--input", R"({"title":"b"})", "--idempotency-key", "k"}, kRefused,
         "IDEMPOTENCY_CONFLICT");
}

TEST_F(Commands, EventsAreReadInEitherFormat) {
  ASSERT_EQ(cli.run({"call", "task:create", "--input", R"({"title":"a"})"}).exit_code, kOk);
  const Said lines = cli.run({"events", "export", "--kind", "agent-runtime:tool_called"});
  ASSERT_EQ(lines.exit_code, kOk);
  const json::Value event = parsed(lines.out.substr(0, lines.out.find('\n')));
  const std::string id = text_at(event, "/event_id");
  EXPECT_EQ(text_at(event, "/payload/tool_name"), "task:create");
  const json::Value cloud = parsed(cli.run({"events", "show", id, "--format", "cloudevents"}).out);
  EXPECT_EQ(text_at(cloud, "/specversion"), "1.0");
  EXPECT_EQ(text_at(cloud, "/id"), id);
  EXPECT_EQ(text_at(cloud, "/source"), "/workspaces/ws-42/sidecar");
  EXPECT_EQ(event::from_cloud_event(cloud).value(), event) << "with its position and class";
  const Said exported = cli.run({"events", "export", "--format", "cloudevents"});
  const Said tailed = cli.run({"events", "tail", "--format", "cloudevents"});
  EXPECT_EQ(parsed(exported.out.substr(0, exported.out.find('\n'))), cloud);
  EXPECT_EQ(tailed.out, exported.out);
  EXPECT_EQ(cli.run({"events", "tail", "--after", "999999"}).out, "")
      << "without a sidecar: what there is, and the end";
  expect({"events", "show", "no-such"}, kRefused, "no-such");
}

TEST_F(Commands, AuditReadsAndProves) {
  ASSERT_EQ(cli.run({"call", "task:create", "--input", R"({"title":"a"})"}).exit_code, kOk);
  EXPECT_THAT(cli.run({"audit", "verify"}).out, StartsWith("intact: "));
  EXPECT_EQ(*parsed(cli.run({"audit", "verify", "--json"}).out).find("intact"), json::Value(true));
  EXPECT_THAT(cli.run({"audit", "list"}).out, AllOf(StartsWith("POSITION"), HasSubstr("task:create")));
  EXPECT_THAT(cli.run({"audit", "list", "--format", "csv"}).out, StartsWith("POSITION,TIME,TYPE"));
  EXPECT_EQ(cli.run({"audit", "export", "--tool", "no:such"}).out, "");
  EXPECT_THAT(cli.run({"audit", "export", "--outcome", "success"}).out, HasSubstr("\"call.finished\""));
  EXPECT_EQ(cli.run({"audit", "export", "--since", "2999-01-01T00:00:00Z"}).out, "");
  EXPECT_THAT(cli.run({"audit", "export", "--since", "2000-01-01T00:00:00+05:00"}).out, HasSubstr("task:create"));
  EXPECT_EQ(text_at(parsed(cli.run({"audit", "show", "1"}).out), "/entry/type"), "workspace.opened");
  const std::string file = cli.write("proof.json", "");
  EXPECT_EQ(cli.run({"audit", "prove", "2", "--out", file}).exit_code, kOk);
  EXPECT_EQ(text_at(parsed(*PosixFiles().read(file, 1u << 20)), "/format"), "lumenflow-proof/1");
  EXPECT_EQ(json::integer_or(parsed(cli.run({"audit", "consistency", "1", "3"}).out), "from_size", 0), 1);
  expect({"audit", "show", "99999"}, kRefused, "NOT_FOUND");
  expect({"audit", "prove", "0"}, kRefused, "NOT_FOUND");
  expect({"audit", "consistency", "3", "1"}, kUsage, "beyond");
  expect({"audit", "list", "--since", "yesterday"}, kUsage, "--since");
  expect({"audit", "prove", "1", "--out", "/nowhere/at/all"}, kRefused, "/nowhere/at/all");
}

TEST_F(Commands, AuditSaysEveryEntryInEveryFormat) {
  ASSERT_EQ(cli.run({"call", "task:create", "--input", R"({"title":"a"})"}).exit_code, kOk);
  const std::string exported = cli.run({"audit", "export", "--format", "cloudevents"}).out;
  const json::Value first = parsed(exported.substr(0, exported.find('\n')));
  EXPECT_EQ(text_at(first, "/specversion"), "1.0");
  EXPECT_EQ(text_at(first, "/type"), "lumenflow.journal.workspace.opened");
  EXPECT_EQ(text_at(first, "/id"), "1");
  EXPECT_EQ(text_at(first, "/time"), text_at(first, "/data/ts"));
  const json::Value head = parsed(cli.run({"audit", "show", "1"}).out);
  EXPECT_EQ(text_at(first, "/leafhash"), text_at(head, "/leaf_hash"));
  EXPECT_EQ(*first.find("data"), *head.find("entry"));
  EXPECT_EQ(parsed(cli.run({"audit", "show", "1", "--format", "cloudevents"}).out), first);
  EXPECT_THAT(cli.run({"audit", "show", "1", "--format", "csv"}).out, HasSubstr("\n1,"));
  EXPECT_THAT(cli.run({"audit", "list", "--format", "cloudevents", "--tool", "task:create"}).out,
              AllOf(HasSubstr("call.requested"), Not(HasSubstr("workspace.opened"))));
  expect({"audit", "list", "--outcome", "nice"}, kUsage, "--outcome");
  expect({"audit", "show", "1", "--format", "xml"}, kUsage, "--format");
}

TEST_F(Commands, AuditVerifyTakesACheckpointThatWasKeptElsewhere) {
  ASSERT_EQ(cli.run({"call", "task:create", "--input", R"({"title":"a"})"}).exit_code, kOk);
  PosixFiles files;
  const std::string state = cli.root() + "/.lumenflow/state/";
  const std::string held = cli.write("held", *files.read(state + "checkpoints/latest", 1u << 20));
  const std::string key = cli.write("log.pub", *files.read(state + "keys/log.pub", 1u << 20));
  EXPECT_THAT(cli.run({"audit", "verify", "--checkpoint", held}).out, HasSubstr("1 of them kept elsewhere"));
  EXPECT_EQ(json::integer_or(parsed(cli.run({"audit", "verify", "--checkpoint", held, "--json"}).out), "held", 0), 1);
  const std::string witness = "conductor.example+c6a95cca+BMhTrQ8M0rYZrqks7sT9VqJNZJnVhM55JX5Fz9gTm2Cn";
  expect({"audit", "verify", "--checkpoint", held, "--witness", witness}, kRefused,
         "not co-signed by conductor.example");
  expect({"audit", "verify", "--checkpoint", held, "--witness", "nobody"}, kUsage, "--witness nobody");
  const log::Checkpoint signed_by_log =
      *log::parse_checkpoint(*files.read(held, 1u << 20), *from_base64(files.read(key, 1u << 20)->substr(0, 44)));
  const std::string cosigned =
      cli.write("cosigned", *log::cosign(signed_by_log, std::nullopt, {}, "conductor.example",
                                         ed25519_from_seed(std::string(32, 'w')), Timestamp{1'700'000'000'000}));
  EXPECT_THAT(cli.run({"audit", "verify", "--checkpoint", cosigned, "--witness", witness}).out,
              HasSubstr("kept elsewhere"));
  const std::string proof = cli.write("proof.json", cli.run({"audit", "prove", "2"}).out);
  EXPECT_THAT(cli.run_bare({"audit", "verify", "--proof", proof, "--key", key}).out, StartsWith("holds: entry 2 of"));
  EXPECT_THAT(cli.run({"audit", "verify", "--proof", proof, "--json"}).out, HasSubstr("\"position\":2"));
  const std::string growth = cli.write("growth.json", cli.run({"audit", "consistency", "1", "3"}).out);
  EXPECT_THAT(cli.run({"audit", "verify", "--proof", growth}).out, HasSubstr("grew from 1 to 3"));
  expect({"audit", "verify", "--proof", held}, kRefused, "held");
  expect({"audit", "verify", "--checkpoint", key}, kRefused, "not a checkpoint of this key");
  expect({"audit", "verify", "--key", held}, kUsage, "--key");
  // Another history under the same keys, signed again.
  for (const char* name : {"journal.db", "journal.db-wal", "journal.db-shm", "checkpoints"})
    std::filesystem::remove_all(state + name);
  ASSERT_EQ(cli.run({"call", "task:create", "--input", R"({"title":"b"})"}).exit_code, kOk);
  EXPECT_EQ(cli.run({"audit", "verify"}).exit_code, kOk) << "by itself it is whole";
  EXPECT_EQ(cli.run({"audit", "verify", "--checkpoint", held}).exit_code, kRefused);
}

TEST_F(Commands, DoctorSaysWhetherThereWasACheckpoint) {
  EXPECT_THAT(cli.run({"doctor"}).out, HasSubstr("begun just now"));
  EXPECT_THAT(cli.run({"doctor"}).out, HasSubstr("agrees with its last checkpoint"));
  std::filesystem::remove_all(cli.root() + "/.lumenflow/state/checkpoints");
  EXPECT_THAT(cli.run({"doctor"}).out,
              AllOf(HasSubstr("no checkpoint to hold it against"), Not(HasSubstr("agrees with"))));
}

TEST_F(Commands, TokenMintPrintsTheTokenAlone) {
  const Said minted = cli.run({"token", "mint", "--scope", "workspace audit:read", "--ttl", "1h"});
  EXPECT_EQ(minted.exit_code, kOk) << minted.err;
  EXPECT_THAT(minted.out, testing::ContainsRegex("^[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+\n$"));
  const json::Value told = parsed(cli.run({"token", "mint", "--subject", "ws-42:phone:p", "--json"}).out);
  EXPECT_EQ(text_at(told, "/subject"), "ws-42:phone:p");
  EXPECT_EQ(text_at(told, "/scope"), "workspace");
  EXPECT_EQ(cli.run({"token", "revoke", "--jti", text_at(told, "/token_id")}).exit_code, kOk);
  expect({"token", "mint", "--scope", "everything"}, kRefused, "everything");
  expect({"token", "mint", "--subject", "ws-43"}, kRefused, "ws-42");
  expect({"token", "mint", "--subject", "ws-42:"}, kRefused, "subject");
  expect({"token", "mint", "--subject", "ws-42:a::b"}, kRefused, "subject");
  EXPECT_THAT(cli.run({"token", "revoke", "--jti", "never-minted"}).out,
              HasSubstr("refused from now on, whether or not it was ever minted"));
  for (const char* ttl : {"soon", "1", "-1h", "0s", "10ms"}) expect({"token", "mint", "--ttl", ttl}, kUsage, "--ttl");
}

TEST_F(Commands, DoctorLooksAtEverything) {
  const Said said = cli.run({"doctor"});
  EXPECT_EQ(said.exit_code, kOk) << said.out;
  EXPECT_THAT(said.out, AllOf(HasSubstr("journal"), HasSubstr("pack sidekick"), Not(HasSubstr("FAULT"))));
  EXPECT_EQ(*parsed(cli.run({"doctor", "--json"}).out).find("ok"), json::Value(true));
}

TEST_F(Commands, DoctorAsksEachPackHowItsRecordsAre) {
  ASSERT_EQ(cli.run({"call", "task:create", "--input", R"({"title":"a"})"}).exit_code, kOk);
  EXPECT_THAT(cli.run({"doctor"}).out, HasSubstr("store of sidekick"));
  const std::string tasks = cli.root() + "/.sidekick/tasks/tasks.json";
  std::filesystem::remove(tasks);
  std::filesystem::create_directories(tasks + "/inside");
  const Said blocked = cli.run({"doctor"});
  EXPECT_EQ(blocked.exit_code, kRefused) << blocked.out;
  EXPECT_THAT(blocked.out, ::testing::ContainsRegex("FAULT +store of sidekick"));
  std::filesystem::remove_all(tasks);
  std::ofstream(tasks) << "{ nothing of the kind";
  const Said damaged = cli.run({"doctor"});
  EXPECT_EQ(damaged.exit_code, kRefused) << damaged.out;
  EXPECT_THAT(damaged.out, ::testing::ContainsRegex("FAULT +store of sidekick"));
  EXPECT_THAT(damaged.out, HasSubstr("tasks.json"));
}

TEST_F(Commands, AnUnknownNameComesWithTheNearest) {
  expect({"call", "task:lst"}, kRefused, "did you mean 'task:list'?");
  expect({"call", "task:lst"}, kRefused, "`lumenflow tools` lists them");
  expect({"call", "zzz:zzz"}, kRefused, "TOOL_NOT_FOUND");
  EXPECT_THAT(cli.run({"call", "task:lst"}).err, Not(HasSubstr("GET /tools")));
  expect({"pack", "validate", "--id", "sidekik"}, kUsage, "did you mean 'sidekick'?");
  ASSERT_TRUE(std::filesystem::create_directories(cli.root() + "/packs/acme-demo"));
  std::ofstream(cli.root() + "/packs/acme-demo/manifest.yaml") << "id: acme-demo\n";
  expect({"pack", "validate", "--id", "acme-dmeo"}, kUsage, "did you mean 'acme-demo'?");
}

TEST_F(Commands, APackIsTestedWithoutAWorkspace) {
  const Said said = cli.run_bare({"pack", "test", "--id", "sidekick"});
  EXPECT_EQ(said.exit_code, kOk) << said.out;
  EXPECT_THAT(said.out, ::testing::AllOf(HasSubstr("seed 1"), HasSubstr(" ok, 0 failed"), Not(HasSubstr("note:"))));
  EXPECT_EQ(said.err, "");
  EXPECT_THAT(cli.run_bare({"pack", "test", "--id", "sidekick", "--format", "tap", "--seed", "9"}).out,
              ::testing::AllOf(HasSubstr("TAP version 14\n1.."), HasSubstr("seed 9"), Not(HasSubstr("not ok"))));
  expect({"pack", "test", "--id", "sidekik"}, kUsage, "no pack 'sidekik'");
  expect({"pack", "test", "--id", "sidekick", "--format", "html"}, kUsage, "html");
}

TEST_F(Commands, ASidecarThatCannotListenClosesWhatItOpened) {
  expect({"up", "--listen", "127.0.0.1:99999"}, kUsage, "--listen");
  const std::string kinds = cli.run({"audit", "export"}).out;
  const auto count = [&](const std::string& kind) {
    std::size_t n = 0;
    for (std::size_t at = 0; (at = kinds.find("\"" + kind + "\"", at)) != std::string::npos; ++at) ++n;
    return n;
  };
  EXPECT_EQ(count("workspace.opened"), count("workspace.drained") + 1) << "the export itself is still open";
}

TEST_F(Commands, UpExplainsWhyItCannotListen) {
  expect({"up", "--listen", "nonsense"}, kUsage, "--listen");
  expect({"up", "--listen", "127.0.0.1:99999"}, kUsage, "--listen");
  expect({"up", "--listen", "127.0.0.1:0", "--tls-cert", "/no/cert.pem", "--tls-key", "/no/key.pem"}, kUsage,
         "/no/cert.pem");
}

TEST_F(Usage, TheDemoRunsToItsEnd) {
  const Said said = cli.run_bare({"demo", "trace", "--once"});
  EXPECT_EQ(said.exit_code, kOk) << said.out << said.err;
  EXPECT_THAT(said.out, AllOf(HasSubstr("POST /tools/task:create"), HasSubstr("intact: ")));
  EXPECT_THAT(said.out,
              AllOf(HasSubstr("enrolled with http://127.0.0.1:"), HasSubstr("ana signs in as admin"),
                    ContainsRegex("the workspace's tools:\n  [a-z]+:"),
                    ContainsRegex("> task:create of demo .*\n< done .*Call the plumber"),
                    ContainsRegex("position [1-9][0-9]*: #[0-9]+ agent-runtime:tool_called task:create success"),
                    HasSubstr("vic signs in as viewer")));
  for (const char* step :
       {" 1. ana wants WU-042", " 3. the answer says where", " 4. the conductor has the event", " 6. turn_started ",
        " 7. tool_called software-delivery:gates success", " 8. gate_passed", " 9. turn_completed reply",
        "10. the answer to ana: \"Gates on WU-042 passed: true.\"", "software-delivery:gate_passed: accounted"})
    EXPECT_THAT(said.out, HasSubstr(step));
  EXPECT_THAT(said.out,
              AllOf(ContainsRegex("\n< TOKEN_SCOPE_DENIED: "), ContainsRegex("\n[1-9][0-9]* events are accounted for"),
                    HasSubstr(" 0 are missing there, 0 were altered, 0 were never emitted here"),
                    HasSubstr("the conductor has drained")));
  EXPECT_EQ(cli.run_bare({"demo", "trace", "--json"}).exit_code, kUsage);
}

TEST_F(Usage, TheDemoOfSidekickShowsRequestAnswerAndReceiptOfEachStep) {
  const std::vector<std::string> order{"sidekick:init", "task:create",       "task:list",      "memory:store",
                                       "memory:recall", "channel:configure", "channel:send",   "routine:create",
                                       "routine:run",   "sidekick:status",   "sidekick:export"};
  const Said said = cli.run_bare({"demo", "sidekick", "--once"});
  EXPECT_EQ(said.exit_code, kOk) << said.out << said.err;
  std::size_t at = 0, receipts = 0;
  for (const std::string& tool : order) {
    at = said.out.find("> POST /tools/" + tool + " {", at);
    ASSERT_NE(at, std::string::npos) << tool;
  }
  for (at = 0; (at = said.out.find("receipt rcpt-", at)) != std::string::npos; ++at) ++receipts;
  EXPECT_EQ(receipts, order.size());
  EXPECT_THAT(said.out, HasSubstr("intact: "));

  const Said as_json = cli.run_bare({"demo", "sidekick", "--once", "--json"});
  EXPECT_EQ(as_json.exit_code, kOk) << as_json.err;
  std::vector<std::string> tools;
  std::istringstream lines(as_json.out);
  for (std::string line; std::getline(lines, line);) {
    const Result<json::Value> step = json::parse(line);
    ASSERT_TRUE(step.ok()) << line;
    tools.emplace_back(json::string_or(*step, "tool", ""));
    EXPECT_THAT(std::string(json::string_or(*step, "receipt_id", "")), ::testing::StartsWith("rcpt-")) << line;
    EXPECT_EQ(json::integer_or(*step, "http_status", 0), 200);
  }
  EXPECT_EQ(tools, order);
}

}  // namespace
}  // namespace lumenflow::cli
