// What is said besides events: reports of commands go together, and each has its own end.
#include "conductor_link/errand_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/signing.h"
#include "http/content_coding.h"

namespace lumenflow::conductor_link {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Answers a hello at once, and nothing else.
class GreetingLane final : public Lane {
 public:
  void ask(Write write, Hear hear) override {
    if (!write()) return;
    http::ClientResponse response;
    response.status = 200;
    response.body = R"({"session":5,"log_id":"log-a","streams":[]})";
    hear(std::move(response));
  }
  void cut() override {}
};

class Source final : public ErrandSource {
 public:
  Result<std::vector<CommandState>> states(std::uint64_t after, std::size_t limit) override {
    std::vector<CommandState> page;
    for (const CommandState& state : waiting)
      if (state.number > after && page.size() < limit) page.push_back(state);
    return page;
  }
  void acknowledged(std::uint64_t number) override {
    std::erase_if(waiting, [&](const CommandState& state) { return state.number == number; });
  }
  Registry registry() override { return {}; }
  void add(const std::string& state = "done", json::Object details = {}) {
    waiting.push_back({++last, "c-" + std::to_string(last), state, std::move(details)});
  }
  std::uint64_t last = 0;
  std::vector<CommandState> waiting;
};

class ErrandListTest : public ::testing::Test {
 protected:
  ErrandListTest() {
    link_.hello({}, [](const uplink::HelloAnswer& answer) { EXPECT_FALSE(answer.refusal); });
    EXPECT_EQ(link_.session(), 5u);
  }
  Enrollment enrollment() const {
    Enrollment enrollment;
    enrollment.conductor_url = "http://127.0.0.1:1";
    enrollment.workspace_id = enrollment.subject = "ws-42";
    enrollment.token = "a.b.c";
    enrollment.issued_at = clock_.now();
    enrollment.expires_at = clock_.now() + std::chrono::hours(24);
    return enrollment;
  }

  // The paths of a whole round, each answered by `answer`.
  using Respond = std::function<http::ClientResponse(const http::ClientRequest&, const json::Value& body)>;
  std::vector<std::string> round(const Respond& respond) {
    std::vector<std::string> paths;
    while (auto request = list_.next()) {
      paths.push_back(request->path);
      http::Request received;
      received.body = request->body.value_or("");
      for (const auto& [name, value] : request->headers)
        if (name == "Content-Encoding") received.headers.emplace_back("content-encoding", value);
      EXPECT_TRUE(http::unpack(received, 4u << 20).ok());
      list_.heard(respond(*request, *json::parse(received.body)));
      if (paths.size() > 200) break;
    }
    return paths;
  }
  static http::ClientResponse problem(int status, const std::string& code) {
    return {status, {{"content-type", "application/problem+json"}}, R"({"code":")" + code + R"(","detail":"no"})"};
  }
  static http::ClientResponse good(const json::Value& body) { return {200, {}, json::serialize(body)}; }
  // Takes all but what it is told to reject.
  static Respond taking(const std::map<std::string, std::string>& rejected = {}) {
    return [rejected](const http::ClientRequest&, const json::Value& body) {
      const json::Value* reports = body.find("reports");
      if (reports == nullptr) return good(json::Object{});
      json::Array taken, not_taken;
      for (const json::Value& report : reports->as_array()) {
        const std::string id(json::string_or(report, "command_id", ""));
        const auto found = rejected.find(id);
        if (found == rejected.end())
          taken.push_back(json::Object{{"command_id", id}, {"state", *report.find("state")}});
        else if (!found->second.empty())
          not_taken.push_back(json::Object{{"command_id", id}, {"code", found->second}, {"message", "no"}});
      }
      return good(json::Object{{"reported", std::move(taken)}, {"rejected", std::move(not_taken)}});
    };
  }

  static inline const std::string kMany = "/v2/commands/results";
  static std::string single(int number) { return "/v2/commands/c-" + std::to_string(number) + "/result"; }
  std::vector<std::string> left() const {
    std::vector<std::string> ids;
    for (const CommandState& state : source_.waiting) ids.push_back(state.command_id);
    return ids;
  }

  ManualClock clock_;
  std::unique_ptr<Files> files_ = make_memory_files();
  Account account_{AccountParts{*files_, clock_, "/state", generate_p256()->private_pem, "key"}, enrollment()};
  HttpLink link_{{account_, [] { return std::make_unique<GreetingLane>(); }, [] { return Vitals{}; },
                  [] { return std::string("log-a"); }}};
  Source source_;
  ErrandList list_{account_, link_, source_};
};

TEST_F(ErrandListTest, ManyGoInOneRequestAndOneByItself) {
  for (int i = 0; i < 64 + 30; ++i) source_.add();
  EXPECT_THAT(round(taking()), ElementsAre(kMany, kMany));
  EXPECT_THAT(left(), IsEmpty());
  source_.add();
  EXPECT_THAT(round(taking()), ElementsAre(single(95)));
  EXPECT_THAT(left(), IsEmpty());
  EXPECT_TRUE(list_.all());
}

TEST_F(ErrandListTest, OneThatIsRefusedForGoodKeepsNoOtherBack) {
  for (int i = 0; i < 4; ++i) source_.add();
  round(taking({{"c-2", "CONFLICT"}, {"c-3", "NOT_FOUND"}}));
  EXPECT_THAT(left(), IsEmpty());
  EXPECT_TRUE(list_.all());
}

TEST_F(ErrandListTest, WhatHasNoVerdictIsSaidAgain) {
  for (int i = 0; i < 4; ++i) source_.add();
  EXPECT_THAT(round(taking({{"c-2", ""}, {"c-3", "JOURNAL_UNAVAILABLE"}})), ElementsAre(kMany));
  EXPECT_THAT(left(), ElementsAre("c-2", "c-3"));
  EXPECT_FALSE(list_.all());
  round(taking());
  EXPECT_THAT(left(), IsEmpty());
}

TEST_F(ErrandListTest, AnAnswerThatIsNoneAcknowledgesNothing) {
  for (int i = 0; i < 3; ++i) source_.add();
  for (const char* body : {"", "{}", R"({"reported":[{"command_id":"c-9"}],"rejected":[]})"})
    round([&](const http::ClientRequest&, const json::Value&) { return http::ClientResponse{200, {}, body}; });
  round([](const http::ClientRequest&, const json::Value&) { return problem(503, "JOURNAL_UNAVAILABLE"); });
  EXPECT_EQ(left().size(), 3u);
  EXPECT_FALSE(list_.all());
}

TEST_F(ErrandListTest, AConductorThatKnowsNoBatchesHearsEachByItself) {
  for (int i = 0; i < 3; ++i) source_.add();
  const auto older = [](const http::ClientRequest& request, const json::Value&) {
    return request.path == kMany ? problem(404, "NOT_FOUND") : good(json::Object{});
  };
  EXPECT_THAT(round(older), ElementsAre(kMany, single(1), single(2), single(3)));
  EXPECT_THAT(left(), IsEmpty());
  source_.add();
  source_.add();
  EXPECT_THAT(round(older), ElementsAre(single(4), single(5))) << "it is not asked again";
}

TEST_F(ErrandListTest, WhatIsTooLargeTogetherGoesApartAndWithoutItsResultWhereThatIsTooLarge) {
  source_.add("done", {{"result", std::string(2'000, 'x')}});
  source_.add();
  std::vector<std::string> bodies;
  const auto small = [&](const http::ClientRequest&, const json::Value& body) {
    bodies.push_back(json::serialize(body));
    return bodies.back().size() > 1'000 ? problem(413, "BODY_TOO_LARGE") : good(json::Object{});
  };
  EXPECT_THAT(round(small), ElementsAre(kMany, single(1), single(1), single(2)));
  EXPECT_NE(bodies[2].find("result_left_out"), std::string::npos);
  EXPECT_THAT(left(), IsEmpty());
}

TEST_F(ErrandListTest, ARequestHoldsNoMoreThanItsBytes) {
  for (int i = 0; i < 3; ++i) source_.add("done", {{"result", std::string(200'000, 'x')}});
  EXPECT_THAT(round(taking()), ElementsAre(single(1), single(2), single(3)));
  EXPECT_THAT(left(), IsEmpty());
}

TEST_F(ErrandListTest, ThatSomethingRunsIsSaidOnce) {
  source_.add("running");
  source_.add("running");
  EXPECT_THAT(round(taking()), ElementsAre(kMany));
  EXPECT_THAT(round(taking()), IsEmpty());
  for (CommandState& state : source_.waiting) state.state = "done";
  EXPECT_THAT(round(taking()), ElementsAre(kMany));
  EXPECT_THAT(left(), IsEmpty());
}

}  // namespace
}  // namespace lumenflow::conductor_link
