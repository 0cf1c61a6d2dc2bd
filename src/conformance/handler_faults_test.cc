// Packs whose handlers are bad on purpose: each check catches its fault, and no other.
#include <gmock/gmock.h>

#include <random>
#include <set>

#include "conformance/testing/acme.h"

namespace lumenflow::conformance {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class HandlerFaults : public ConformanceTest {
 protected:
  Report run_handler(void (*register_pack)(pack::Registration&)) { return run(acme_manifest(), register_pack); }
};

Status append_to_file(pack::HandlerContext& context, std::string_view name, std::string_view line) {
  std::filesystem::create_directories(context.workspace_root() + "/data");
  std::ofstream(context.workspace_root() + "/data/" + std::string(name), std::ios::app) << line << "\n";
  return {};
}

Result<std::int64_t> next_count(pack::Store& store) {
  LUMENFLOW_TRY_ASSIGN(const auto before, store.get("count"));
  return before ? before->as_integer() + 1 : 1;
}

TEST_F(HandlerFaults, GoodPacksPassEveryCheck) {
  const Report keyed = run_handler([](pack::Registration& registration) {
    register_run(registration);
    registration.handler(std::string(kRecovery), kKeyed, recover, target_of);
  });
  EXPECT_EQ(failed(keyed), "") << render_text(keyed, false);
  EXPECT_EQ(keyed.skipped_count(), 0u);
  const Report idempotent = run_handler([](pack::Registration& registration) {
    register_run(registration);
    registration.handler(std::string(kRecovery), kIdempotent, recover);
  });
  EXPECT_EQ(failed(idempotent), "") << render_text(idempotent, false);
  // On the strand, and with an upsert to a file.
  const Report others = run_handler([](pack::Registration& registration) {
    register_run(registration);
    constexpr pack::HandlerTraits kOnStrand{.idempotent = true, .store_only = true, .bounded = true};
    registration.handler(std::string(kRecovery), kOnStrand, recover);
  });
  EXPECT_EQ(failed(others), "") << render_text(others, false);
  const Report file = run_handler([](pack::Registration& registration) {
    register_run(registration);
    registration.handler(
        std::string(kRecovery), kKeyed,
        [](pack::HandlerContext& context, const pack::Event& event) -> Status {
          std::filesystem::create_directories(context.workspace_root() + "/data");
          std::ofstream(context.workspace_root() + "/data/" + target_of(event)) << event.timestamp;
          return {};
        },
        target_of);
  });
  EXPECT_EQ(failed(file), "") << render_text(file, false);
}

TEST_F(HandlerFaults, Counter) {
  const Report report = run_handler([](pack::Registration& registration) {
    register_run(registration);
    registration.handler(std::string(kRecovery), kIdempotent,
                         [](pack::HandlerContext& context, const pack::Event&) -> Status {
                           LUMENFLOW_TRY_ASSIGN(const std::int64_t next, next_count(context.store()));
                           return context.store().put("count", next);
                         });
  });
  EXPECT_EQ(failed(report), "C4 C6");  // a restart makes it no better
  EXPECT_THAT(said(report, "C4"),
              AllOf(HasSubstr(std::string(kRecovery) + ": called twice with the same event"),
                    HasSubstr("store key 'count': was 1; is 2"), HasSubstr("fix: make its effect an upsert")));
}

TEST_F(HandlerFaults, ClockRead) {
  const Report report = run_handler([](pack::Registration& registration) {
    register_run(registration);
    registration.handler(
        std::string(kRecovery), kKeyed,
        [](pack::HandlerContext& context, const pack::Event& event) {
          return context.store().put("recovery/" + target_of(event), machine_clock());
        },
        target_of);
  });
  EXPECT_EQ(failed(report), "C6");
  EXPECT_THAT(said(report, "C6"), AllOf(HasSubstr("two workspaces given the same event"),
                                        HasSubstr("store key 'recovery/job-7'"), HasSubstr("now_ms()")));
}

TEST_F(HandlerFaults, TheMomentOfTheCallInAnIdempotentHandler) {
  const Report report = run_handler([](pack::Registration& registration) {
    register_run(registration);
    registration.handler(std::string(kRecovery), kIdempotent,
                         [](pack::HandlerContext& context, const pack::Event& event) {
                           return context.store().put("recovery/" + target_of(event), context.now_ms());
                         });
  });
  EXPECT_EQ(failed(report), "C4 C6");
  EXPECT_THAT(said(report, "C4"), HasSubstr("take times and ids from the event"));
  // Applied once, the moment of that one time is as good as any.
  const Report keyed = run_handler([](pack::Registration& registration) {
    register_run(registration);
    registration.handler(
        std::string(kRecovery), kKeyed,
        [](pack::HandlerContext& context, const pack::Event& event) {
          return context.store().put("recovery/" + target_of(event) + context.new_ulid(), context.now_ms());
        },
        target_of);
  });
  EXPECT_EQ(failed(keyed), "") << render_text(keyed, false);
}

TEST_F(HandlerFaults, RandomId) {
  const Report report = run_handler([](pack::Registration& registration) {
    register_run(registration);
    registration.handler(
        std::string(kRecovery), kKeyed,
        [](pack::HandlerContext& context, const pack::Event& event) {
          std::random_device chance;
          const std::string id = std::to_string((std::uint64_t{chance()} << 32) | chance());
          return context.store().put("recovery/" + id, event.payload);
        },
        target_of);
  });
  EXPECT_EQ(failed(report), "C5 C6");  // at the same moment a second process draws another id, too
  EXPECT_THAT(said(report, "C6"), HasSubstr("two workspaces given the same event"));
}

TEST_F(HandlerFaults, MissingDedupe) {
  const Report report = run_handler([](pack::Registration& registration) {
    register_run(registration);
    registration.handler(std::string(kRecovery), kIdempotent,
                         [](pack::HandlerContext& context, const pack::Event& event) -> Status {
                           return context.emit("acme:done", json::Object{{"job_id", target_of(event)}});
                         });
  });
  EXPECT_EQ(failed(report), "C4 C6");
  EXPECT_THAT(said(report, "C4"), HasSubstr(R"(event too many: acme:done {"job_id":"job-7"})"));
}

TEST_F(HandlerFaults, EffectThatIsNoUpsert) {
  const Report report = run_handler([](pack::Registration& registration) {
    register_run(registration);
    registration.handler(
        std::string(kRecovery), kKeyed,
        [](pack::HandlerContext& context, const pack::Event& event) {
          return append_to_file(context, "log.txt", target_of(event));
        },
        target_of);
  });
  EXPECT_EQ(failed(report), "C5");
  EXPECT_THAT(said(report, "C5"), AllOf(HasSubstr("a crash between effect and replay record"),
                                        HasSubstr("file data/log.txt: was file of 6 bytes"),
                                        HasSubstr("file of 12 bytes"), HasSubstr("fix: what it does outside")));
}

TEST_F(HandlerFaults, EffectUnderANewNameEachTime) {
  const Report report = run_handler([](pack::Registration& registration) {
    register_run(registration);
    registration.handler(
        std::string(kRecovery), kKeyed,
        [](pack::HandlerContext& context, const pack::Event& event) {
          return append_to_file(context, context.new_ulid(), target_of(event));
        },
        target_of);
  });
  EXPECT_EQ(failed(report), "C5");
}

TEST_F(HandlerFaults, LostReplayRecord) {
  const Report report = run_handler([](pack::Registration& registration) {
    register_run(registration);
    registration.handler(
        std::string(kRecovery), kKeyed,
        [](pack::HandlerContext& context, const pack::Event&) {
          return context.transact([](pack::Store& store) -> Status {  // durable before the record is
            LUMENFLOW_TRY_ASSIGN(const std::int64_t next, next_count(store));
            return store.put("count", next);
          });
        },
        target_of);
  });
  EXPECT_EQ(failed(report), "C5");
  EXPECT_THAT(said(report, "C5"), HasSubstr("store key 'count': was 1; is 2"));
}

TEST_F(HandlerFaults, UnstableReplayKey) {
  const Report counting = run_handler([](pack::Registration& registration) {
    register_run(registration);
    static int calls = 0;
    registration.handler(std::string(kRecovery), kKeyed, recover,
                         [](const pack::Event& event) { return target_of(event) + std::to_string(++calls); });
  });
  EXPECT_EQ(failed(counting), "C4");
  EXPECT_THAT(said(counting, "C4"),
              AllOf(HasSubstr("its replay key is not the same each time"), HasSubstr("again: \"job-7")));

  const Report of_the_process = run_handler([](pack::Registration& registration) {
    register_run(registration);
    static int starts = 0;
    const std::string start = std::to_string(++starts);
    registration.handler(std::string(kRecovery), kKeyed, recover,
                         [start](const pack::Event& event) { return target_of(event) + start; });
  });
  EXPECT_EQ(failed(of_the_process), "C4");
  EXPECT_THAT(said(of_the_process, "C4"), HasSubstr("after a restart: \"job-7"));

  const Report empty = run_handler([](pack::Registration& registration) {
    register_run(registration);
    registration.handler(std::string(kRecovery), kKeyed, recover, [](const pack::Event&) { return std::string(); });
  });
  EXPECT_EQ(failed(empty), "C4");
}

TEST_F(HandlerFaults, WhatIsRememberedInMemoryAlone) {
  const Report report = run_handler([](pack::Registration& registration) {
    register_run(registration);
    const auto seen = std::make_shared<std::set<std::string>>();  // shared by the copies of the handler
    registration.handler(std::string(kRecovery), kIdempotent,
                         [seen](pack::HandlerContext& context, const pack::Event& event) -> Status {
                           if (!seen->insert(event.event_id).second) return {};
                           LUMENFLOW_TRY_ASSIGN(const std::int64_t next, next_count(context.store()));
                           return context.store().put("count", next);
                         });
  });
  EXPECT_EQ(failed(report), "C6");
  EXPECT_THAT(said(report, "C6"), HasSubstr("after a restart"));
}

TEST_F(HandlerFaults, WhatTakesNoEvent) {
  const Report report = run_handler([](pack::Registration& registration) {
    register_run(registration);
    registration.handler(std::string(kRecovery), kIdempotent, [](pack::HandlerContext&, const pack::Event&) -> Status {
      return Error(ErrorCode::kInvalidPayload, "never heard of it");
    });
  });
  EXPECT_EQ(failed(report), "C4");
  EXPECT_THAT(said(report, "C4"), HasSubstr("never heard of it"));
  EXPECT_EQ(report.skipped_count(), 2u);  // C5 and C6
}

TEST_F(HandlerFaults, AKindOfWhichNothingIsKnownNeedsAnExample) {
  const Report report = run(acme_manifest("other:happened"), [](pack::Registration& registration) {
    register_run(registration);
    registration.handler("other:happened", kIdempotent, recover);
  });
  EXPECT_EQ(failed(report), "C4");
  EXPECT_THAT(said(report, "C4"), HasSubstr("examples: {other:happened: {…}}"));
}

TEST_F(HandlerFaults, AnApprovalIsTakenAsGiven) {
  const std::string more =
      "required_approvals: [\"acme:risky\"]\nhandler_approvals: {\"" + std::string(kRecovery) + "\": \"acme:risky\"}\n";
  const Report report = run(acme_manifest(kRecovery, more), [](pack::Registration& registration) {
    register_run(registration);
    registration.handler(std::string(kRecovery), kIdempotent, recover);
  });
  EXPECT_EQ(failed(report), "") << render_text(report, false);
}

}  // namespace
}  // namespace lumenflow::conformance
