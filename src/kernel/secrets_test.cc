// Five hundred secrets pass through inputs, results, errors, events, handlers and logs: none is found in clear in what
// is recorded, published or answered. The tool itself gets each as it is.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "base/encoding.h"
#include "base/logging.h"
#include "kernel/secret_keeper.h"
#include "kernel/testing/kernel_world.h"

namespace lumenflow::kernel {
namespace {

using pack::ToolContext;
using pack::ToolError;
using pack::ToolOutput;
using pack::ToolResult;

constexpr std::string_view kManifest = R"(
id: leaky
version: 1.0.0
runtime: {type: builtin}
emitted_event_kinds: ["leaky:said"]
backpressure_policy: {"leaky:said": queue}
tools:
  - {name: "leaky:say", required_scopes: [{type: path, pattern: "data/**", access: read}]}
  - name: leaky:mint
    required_scopes: [{type: path, pattern: "data/**", access: read}]
    output_schema: {type: object, properties: {token: {type: string, writeOnly: true}}}
  - {name: "leaky:fail", required_scopes: [{type: path, pattern: "data/**", access: read}]}
  - {name: "leaky:throw", required_scopes: [{type: path, pattern: "data/**", access: read}]}
  - {name: "leaky:emit", permission: write, required_scopes: [{type: path, pattern: "data/**", access: write}]}
  - {name: "leaky:effect", permission: write, required_scopes: [{type: path, pattern: "data/**", access: write}]}
)";

std::vector<std::string> g_had;  // what the tools got

std::string text_of(const json::Value& input) {
  g_had.emplace_back(json::string_or(input, "text", ""));
  return g_had.back();
}

ToolResult say(ToolContext&, const json::Value& input) {
  return ToolOutput{json::Object{{"said", json::Array{text_of(input)}}}, {json::Object{{"text", text_of(input)}}}};
}
ToolResult mint(ToolContext&, const json::Value& input) {
  return ToolOutput{json::Object{{"token", text_of(input)}}, {}};
}
ToolResult fail(ToolContext&, const json::Value& input) {
  return ToolError{"IO_ERROR", "could not log in with " + text_of(input), json::Object{{"tried", text_of(input)}}};
}
ToolResult throw_it(ToolContext&, const json::Value& input) { throw std::runtime_error(text_of(input)); }
ToolResult emit_secret(ToolContext& context, const json::Value& input) {
  pack::EmitOptions keyed;
  keyed.idempotency_key = sha256_hex(text_of(input));
  EXPECT_TRUE(context.emit("leaky:said", json::Object{{"a", json::Array{text_of(input)}}}, keyed).ok());
  EXPECT_TRUE(context.emit("leaky:said", json::Object{{"a", json::Object{{"b", text_of(input)}}}}, {}).ok());
  return ToolOutput{json::Object{}, {}};
}

void register_leaky(pack::Registration& registration) {
  const pack::ToolTraits bounded{.store_only = true, .bounded = true};
  registration.tool("leaky:say", bounded, say);
  registration.tool("leaky:mint", bounded, mint);
  registration.tool("leaky:fail", bounded, fail);
  registration.tool("leaky:throw", bounded, throw_it);
  registration.tool("leaky:emit", bounded, emit_secret);
  registration.tool("leaky:effect", {}, say);
}

const pack::BuiltinPack& leaky_pack() {
  static const pack::BuiltinPack pack{"leaky", {{"manifest.yaml", kManifest}}, register_leaky};
  return pack;
}

struct Planted {
  std::string text;    // with the secret in it
  std::string secret;  // what must not be seen again
};

// The n-th: of every kind in turn.
Planted planted(SeededRandom& random, int n) {
  const auto letters = [&](std::size_t count) {
    std::string out;
    while (out.size() < count) {
      const auto bytes = random.draw16();
      for (const std::uint8_t byte : bytes) {
        constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        out += kLetters[byte % kLetters.size()];
      }
    }
    out.resize(count);
    return out;
  };
  const std::string core = letters(40);
  switch (n % 10) {
    case 0:
      return {"use ghp_" + core, core};
    case 1:
      return {"sk-proj-" + core, core};
    case 2:
      return {"eyJhbGciOiJFUzI1NiJ9." + letters(30) + "." + core, core};
    case 3:
      return {"-----BEGIN PRIVATE KEY-----\n" + core + "\n" + letters(64) + "\n-----END PRIVATE KEY-----\n", core};
    case 4:
      return {"postgres://ana:" + core + "@db.example/x", core};
    case 5:
      return {"curl -H 'Authorization: Bearer " + core + "'", core};
    case 6:
      return {"TERM=xterm\nDB_PASSWORD=" + core + "\n", core};
    case 7:
      return {"xoxb-12345-" + core, core};
    case 8:
      return {"AIza" + core, core};
    default:
      return {"https://hooks.example/?key=github_pat_" + core + "&n=1", core};
  }
}

class PlantedSecrets : public ::testing::Test {
 protected:
  PlantedSecrets() {
    g_had.clear();
    world.pack = &leaky_pack();
    world.open();
  }
  KernelWorld world;
};

TEST_F(PlantedSecrets, AreNowhereInClear) {
  constexpr int kSecrets = 500;
  constexpr const char* kTools[] = {"leaky:say", "leaky:fail", "leaky:throw", "leaky:emit", "leaky:effect"};
  SeededRandom random(7);
  configure_logging(LogLevel::kDebug, LogFormat::kText);
  testing::internal::CaptureStderr();
  std::string answers;
  std::vector<Planted> all;
  for (int n = 0; n < kSecrets; ++n) {
    all.push_back(planted(random, n));
    const std::string& text = all.back().text;
    for (const char* tool : kTools) {
      const CallResult result = world.call(tool, json::Object{{"text", text}}, "key-" + std::to_string(n));
      answers += result.body;
      ASSERT_TRUE(json::parse(result.body).ok()) << result.body;
    }
    ASSERT_EQ(g_had.back(), text) << "the tool needs it";
    write_log(LogLevel::kWarn, "test", "a line", {{"said", text}});
  }
  const std::string logged = testing::internal::GetCapturedStderr();
  const std::string journal = world.bytes();
  for (const Planted& one : all) {
    EXPECT_EQ(answers.find(one.secret), std::string::npos) << one.text;
    EXPECT_EQ(journal.find(one.secret), std::string::npos) << one.text;
    EXPECT_EQ(logged.find(one.secret), std::string::npos) << one.text;
  }
  EXPECT_NE(logged.find("[secret]"), std::string::npos);
}

TEST_F(PlantedSecrets, LeaveARecordThatHolds) {
  SeededRandom random(8);
  for (const char* tool : {"leaky:say", "leaky:effect"}) {
    const Planted one = planted(random, 0);
    const CallResult result = world.call(tool, json::Object{{"text", one.text}});
    const auto call = world.kernel->reader().call(result.receipt);
    ASSERT_TRUE(call.ok()) << call.error().to_string();
    EXPECT_EQ(json::string_or(call->requested, "input_hash", ""), sha256_hex(call->body.input));
    EXPECT_THAT(call->body.input, ::testing::HasSubstr("use hmac-sha256:"));
    EXPECT_THAT(call->body.result, ::testing::HasSubstr("use [secret]"));
  }
}

TEST_F(PlantedSecrets, TellInputsApartAllTheSame) {
  SeededRandom random(9);
  const Planted one = planted(random, 0), other = planted(random, 0);
  const CallResult first = world.call("leaky:say", json::Object{{"text", one.text}}, "key");
  EXPECT_EQ(world.call("leaky:say", json::Object{{"text", one.text}}, "key").code, std::nullopt);
  EXPECT_EQ(g_had.size(), 2u) << "the second time was answered from the record";
  EXPECT_EQ(name(*world.call("leaky:say", json::Object{{"text", other.text}}, "key").code), "IDEMPOTENCY_CONFLICT");
}

TEST_F(PlantedSecrets, AreHandedOutWhereTheSchemaSaysSo) {
  SeededRandom random(10);
  const Planted one = planted(random, 0);
  EXPECT_THAT(world.call("leaky:mint", json::Object{{"text", one.text}}).body, ::testing::HasSubstr(one.secret));
  EXPECT_EQ(world.bytes().find(one.secret), std::string::npos);
}

// Else one decision in a hundred thousand would be refused, and as many proofs spoilt.
TEST(SecretKeeper, SignaturesStandAsTheyAre) {
  const std::string signature = "sk-" + std::string(83, 'x');
  const json::Value input = json::Object{{"approval_id", "apr-1"}, {"signature", signature}};
  EXPECT_THAT(places_of_secrets(input), ::testing::IsEmpty());
  EXPECT_EQ(input_without_secrets(json::serialize(input), "key"), std::nullopt);
  const json::Value event = json::Object{{"decisions", json::Array{input}}, {"thumbprint", signature.substr(0, 43)}};
  EXPECT_EQ(payload_without_secrets(event), std::nullopt);
  const json::Value with_note = json::Object{{"note", signature}, {"signature", signature}};
  EXPECT_EQ(places_of_secrets(with_note), std::vector<std::string>{"/note"});
  EXPECT_EQ(json::serialize(*payload_without_secrets(with_note)),
            R"({"note":"[secret]","signature":")" + signature + R"("})");
}

}  // namespace
}  // namespace lumenflow::kernel
