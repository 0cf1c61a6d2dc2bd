// Packs in folders: their code comes from whoever loads it, anew for each start.
#include <gmock/gmock.h>

#include "conformance/testing/acme.h"

namespace lumenflow::conformance {
namespace {

using ::testing::HasSubstr;

class Folder : public ConformanceTest {
 protected:
  Folder() {
    std::filesystem::create_directories(pack_folder);
    options.folder += "/run";
  }
  Report run_folder(std::string manifest, pack::CodeLoader load_code) {
    const std::size_t at = manifest.find("{type: builtin}");
    if (at != std::string::npos) manifest.replace(at, 15, "{type: process, command: [bin/acme]}");
    std::ofstream(pack_folder + "/manifest.yaml") << manifest;
    const auto under_test = folder_under_test(files, pack_folder, std::move(load_code));
    Result<Report> report = run_conformance(*under_test, options);
    EXPECT_TRUE(report.ok()) << report.error().to_string();
    return report.ok() ? *std::move(report) : Report{};
  }

  PosixFiles files;
  const std::string pack_folder = options.folder + "/pack";
};

TEST_F(Folder, TheCodeIsStartedAnewForEachRestart) {
  int starts = 0, living = 0;
  const Report report = run_folder(
      acme_manifest(),
      [&](const pack::Manifest& manifest, const std::string& folder, pack::Registration& registration) -> Status {
        EXPECT_EQ(manifest.id, "acme");
        EXPECT_EQ(folder, pack_folder);
        EXPECT_TRUE(std::filesystem::is_directory(options.folder + "/workspace"));
        ++starts;
        ++living;
        const std::shared_ptr<void> process(nullptr, [&](void*) { --living; });  // as a host's children are owned
        registration.tool("acme:run", {}, [process](pack::ToolContext& context, const json::Value& input) {
          return run_job(context, input);
        });
        registration.handler(std::string(kRecovery), kKeyed, recover, target_of);
        return {};
      });
  EXPECT_EQ(failed(report), "") << render_text(report, false);
  EXPECT_GT(starts, 8);
  EXPECT_EQ(living, 0);
}

TEST_F(Folder, CodeThatCannotBeStartedIsAFault) {
  const Report report =
      run_folder(acme_manifest(), [](const pack::Manifest&, const std::string&, pack::Registration&) -> Status {
        return Error(ErrorCode::kInvalidConfiguration, "no such program");
      });
  EXPECT_EQ(failed(report), "C1");
  EXPECT_THAT(said(report, "C1"), HasSubstr("no such program"));
}

TEST_F(Folder, ADeclarativePackHasItsEventsChecked) {
  const Report report = run_folder(R"(
id: quiet
version: 1.0.0
emitted_event_kinds: ["quiet:said"]
backpressure_policy: {"quiet:said": ephemeral}
)",
                                   {});
  EXPECT_EQ(failed(report), "") << render_text(report, false);
  EXPECT_THAT(render_text(report, false), HasSubstr("ok   quiet:said"));
}

TEST_F(Folder, AManifestThatCannotBeReadIsAFault) {
  const Report report = run_folder("id: [", {});
  EXPECT_EQ(failed(report), "C1");
  EXPECT_THAT(said(report, "C1"), HasSubstr("LF1001"));
}

}  // namespace
}  // namespace lumenflow::conformance
