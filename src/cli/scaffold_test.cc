// `pack scaffold`: what it writes validates, whatever the id, and it writes over nothing.
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "cli/testing/command_line.h"

namespace lumenflow::cli {
namespace {

using testing::HasSubstr;

class Scaffold : public testing::Test {
 protected:
  std::string folder(const std::string& name) const { return cli.root() + "/" + name; }
  Said scaffold(const std::string& id, const std::string& language = "cpp") const {
    return cli.run_bare({"pack", "scaffold", id, "--lang", language, "--out", folder(id)});
  }
  std::string text(const std::string& file) const {
    std::ifstream in(folder(file), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  CommandLine cli;
};

TEST_F(Scaffold, WritesAPackWithoutFaultsInEachLanguage) {
  for (const std::string language : {"cpp", "python", "node"}) {
    const std::string id = "weather-" + language;
    const Said said = scaffold(id, language);
    ASSERT_EQ(said.exit_code, kOk) << said.err;
    EXPECT_THAT(said.out, HasSubstr("wrote " + folder(id) + "/manifest.yaml\n"));
    const Said judged = cli.run_bare({"pack", "validate", "--strict", folder(id)});
    EXPECT_EQ(judged.exit_code, kOk) << judged.out;
  }
}

TEST_F(Scaffold, NothingOfTheTemplatesNamesIsLeft) {
  for (const std::string language : {"cpp", "python", "node"}) {
    const std::string id = "weather-" + language;
    ASSERT_EQ(scaffold(id, language).exit_code, kOk);
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder(id))) {
      if (!entry.is_regular_file() || entry.path().string().find("pack-sdk") != std::string::npos ||
          entry.path().string().find("lumenflow_pack") != std::string::npos)
        continue;  // the SDK is copied as it stands; its explanations have examples
      const std::string content = text(id + "/" + std::filesystem::relative(entry.path(), folder(id)).string());
      for (const char* left : {"acme", "Acme"})
        EXPECT_EQ(content.find(left), std::string::npos) << entry.path() << " says " << left;
    }
  }
}

TEST_F(Scaffold, AnyIdMakesASoundManifest) {
  for (const std::string id : {"a", "null", "true", "false", "class", "json", "test", "x1-2y", "acme-demo"}) {
    ASSERT_EQ(scaffold(id, "python").exit_code, kOk) << id;
    const Said judged = cli.run_bare({"pack", "validate", "--strict", folder(id)});
    EXPECT_EQ(judged.exit_code, kOk) << id << ": " << judged.out;
  }
}

TEST_F(Scaffold, RefusesIdsThatAManifestMayNotHave) {
  for (const std::string& id :
       std::vector<std::string>{"Weather", "weather_station", "a--b", "a-", "1a", "", std::string(65, 'a')}) {
    const Said said = scaffold(id);
    EXPECT_EQ(said.exit_code, kUsage) << id;
    EXPECT_THAT(said.err, HasSubstr("LF1004")) << id;
  }
  for (const std::string id : {"kernel", "conductor", "sidekick"}) {
    const Said said = scaffold(id);
    EXPECT_EQ(said.exit_code, kUsage) << id;
    EXPECT_THAT(said.err, HasSubstr("LF1005")) << id;
  }
  EXPECT_EQ(scaffold("weather", "cobol").exit_code, kUsage);
  EXPECT_TRUE(std::filesystem::is_empty(cli.root()));
}

TEST_F(Scaffold, WritesOverNothing) {
  std::filesystem::create_directory(folder("empty"));
  EXPECT_EQ(scaffold("empty").exit_code, kOk);
  const Said again = scaffold("empty");
  EXPECT_EQ(again.exit_code, kRefused);
  EXPECT_THAT(again.err, HasSubstr("not empty"));

  std::ofstream(folder("file")) << "mine";
  EXPECT_EQ(scaffold("file").exit_code, kRefused);
  EXPECT_EQ(text("file"), "mine");
}

}  // namespace
}  // namespace lumenflow::cli
