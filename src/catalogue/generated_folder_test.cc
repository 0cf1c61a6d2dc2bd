#include "catalogue/generated_folder.h"

#include <gmock/gmock.h>

#include "base/testing/files_above.h"
#include "catalogue/testing/catalogue_samples.h"

namespace lumenflow::catalogue {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Plan many_types(int count, const std::string& schema = R"({"type": "object"})", const std::string& lock = {}) {
  std::vector<PackInput> packs;
  for (int i = 0; i < count; ++i) {
    const std::string slug = "pack-" + std::to_string(i);
    packs.push_back(pack_input(slug, one_type(slug, "done", schema)));
  }
  return plan_of(std::move(packs), lock);
}

// A disk that has no room for one of the files.
class FullFor final : public FilesAbove {
 public:
  explicit FullFor(std::string_view name) : name_(name) {}
  Status write_atomic(const std::string& path, std::string_view content, std::uint32_t mode) override {
    if (path.ends_with(name_)) return Error(ErrorCode::kIo, "no space left");
    return FilesAbove::write_atomic(path, content, mode);
  }

 private:
  const std::string name_;
};

TEST(GeneratedFolder, HasTheFilesInOneOrderWhoeverIsDoneFirst) {
  const std::unique_ptr<Files> files = make_memory_files();
  const Plan plan = many_types(50);
  const std::vector<std::string> written = *write_generated(*files, "out", plan.catalogue, plan.lock());
  EXPECT_THAT(written,
              ElementsAre("out/runtime_event_manifest.asyncapi.json", "out/runtime_event_manifest.generated.d.ts",
                          "out/runtime_event_manifest.generated.h", "out/runtime_event_manifest.generated.json",
                          "out/catalogue.lock.json"));
  const std::vector<std::string> expected = texts_of(plan);
  EXPECT_EQ(*files->read("out/catalogue.lock.json"), expected.front());
  for (std::size_t i = 0; i + 1 < written.size(); ++i) EXPECT_EQ(*files->read(written[i]), expected[i + 1]);
  EXPECT_EQ(differences(*files, "out", plan.catalogue, plan.lock()), "");
  EXPECT_THAT(*write_generated(*files, "out", plan.catalogue, plan.lock()), IsEmpty()) << "nothing has changed";
}

TEST(GeneratedFolder, HasNoLockFileBeforeAllOthersAreThere) {
  for (const std::string_view name : kFilesBesideLock) {
    FullFor files(name);
    const Plan plan = many_types(2);
    const auto written = write_generated(files, "out", plan.catalogue, plan.lock());
    ASSERT_FALSE(written.ok()) << name;
    EXPECT_EQ(written.error().code(), ErrorCode::kIo);
    EXPECT_FALSE(files.stat("out/catalogue.lock.json")->has_value()) << name;
  }
}

TEST(GeneratedFolder, SaysWhatWouldChange) {
  const std::unique_ptr<Files> files = make_memory_files();
  const Plan plan = many_types(2), other = many_types(2, "true", lock_of(plan));
  EXPECT_THAT(differences(*files, "out", plan.catalogue, plan.lock()),
              HasSubstr("catalogue.lock.json: is missing\nruntime_event_manifest.asyncapi.json: is missing\n"));
  ASSERT_TRUE(write_generated(*files, "out", plan.catalogue, plan.lock()).ok());
  EXPECT_THAT(differences(*files, "out", other.catalogue, other.lock()),
              HasSubstr("runtime_event_manifest.generated.h:"));
}

}  // namespace
}  // namespace lumenflow::catalogue
