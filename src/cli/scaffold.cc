// A new pack from the finished one: packs/acme-demo and its likes in other languages are the templates, with their
// names replaced. What the tests prove of them holds for what is written here.
#include <algorithm>
#include <array>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/commands.h"
#include "lumenflow_cli_files.h"
#include "pack/names.h"

namespace lumenflow::cli {
namespace {

struct Language {
  std::string_view name;
  std::vector<std::string_view> folders;  // of templates, in the source tree; a later one's files win
  std::string_view sdk;                   // a folder that is copied as it stands; empty: none
  std::string_view next;                  // what to do then; PACK is its folder
};

const std::array<Language, 3>& languages() {
  static const std::array<Language, 3> all{{
      {"cpp",
       {"packs/acme-demo/", "src/cli/scaffold/cpp/"},
       "",
       "cmake -S PACK -B build-ID && cmake --build build-ID && ctest --test-dir build-ID"},
      {"python",
       {"packs/examples/acme-demo-python/", "src/cli/scaffold/python/"},
       "sdk/python/lumenflow_pack/",
       "python3 -B PACK/my_pack_test.py"},
      {"node",
       {"packs/examples/acme-demo-node/", "src/cli/scaffold/node/"},
       "sdk/typescript/pack-sdk/",
       "node PACK/my_pack.test.mjs"},
  }};
  return all;
}

struct NewFile {
  std::string path;  // in the pack's folder
  std::string content;
};

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
  return text;
}

// "weather-station" -> "Weather station"
std::string title_of(std::string id) {
  std::ranges::replace(id, '-', ' ');
  id.front() = static_cast<char>(id.front() - 'a' + 'A');
  return id;
}

// The code's names are the same in every pack, so that no id can be a keyword or the name of another module.
std::string renamed(std::string text, const std::string& id) {
  text = replaced(std::move(text), "acme_demo", "my_pack");
  if (id == "null" || id == "true" || id == "false") {  // plain, YAML would take them for something else
    text = replaced(std::move(text), ": acme-demo\n", ": '" + id + "'\n");
    text = replaced(std::move(text), ": Acme demo\n", ": '" + title_of(id) + "'\n");
  }
  return replaced(replaced(std::move(text), "acme-demo", id), "Acme demo", title_of(id));
}

std::vector<NewFile> files_of(const Language& language, const std::string& id) {
  std::vector<NewFile> files;
  const auto put = [&files](std::string path, std::string content) {
    std::erase_if(files, [&](const NewFile& file) { return file.path == path; });
    files.push_back({std::move(path), std::move(content)});
  };
  for (const std::string_view folder : language.folders)
    for (const pack::BuiltinPack::File& file : embedded::lumenflow_cli_files())
      if (file.path.starts_with(folder))
        put(renamed(std::string(file.path.substr(folder.size())), id), renamed(std::string(file.content), id));
  if (language.sdk.empty()) return files;
  const std::string_view beside = language.sdk.substr(0, language.sdk.rfind('/', language.sdk.size() - 2) + 1);
  for (const pack::BuiltinPack::File& file : embedded::lumenflow_cli_files())
    if (file.path.starts_with(language.sdk))
      put(std::string(file.path.substr(beside.size())), std::string(file.content));
  return files;
}

Status check_id(const Context& context, const std::string& id) {
  const auto bad = [](std::string why) { return Error(ErrorCode::kInvalidRequest, std::move(why)); };
  if (!pack::is_slug(id))
    return bad("'" + id +
               "' is no pack id (LF1004): lower-case words joined by single dashes, at most 64 characters, like "
               "'acme-demo'");
  const bool builtin = std::ranges::any_of(context.builtin_packs, [&](const auto* pack) { return pack->id == id; });
  if (pack::is_reserved_slug(id) || builtin) return bad("the id '" + id + "' is taken (LF1005): choose another");
  return {};
}

Status check_folder(const Context& context, const std::string& folder) {
  LUMENFLOW_TRY_ASSIGN(const std::optional<FileInfo> there, context.files.stat(folder));
  if (!there) return {};
  if (!there->directory) return Error(ErrorCode::kAlreadyExists, folder + " is there, and no folder");
  LUMENFLOW_TRY_ASSIGN(const std::vector<std::string> names, context.files.list(folder));
  if (names.empty()) return {};
  return Error(ErrorCode::kAlreadyExists, folder + " is not empty; name another folder with --dir");
}

Status write(Context& context, const std::string& folder, const std::vector<NewFile>& files) {
  for (const NewFile& file : files) {
    const std::string path = join_path(folder, file.path);
    LUMENFLOW_TRY(context.files.make_directories(parent_path(path)));
    LUMENFLOW_TRY(context.files.create(path, file.content));
  }
  return {};
}

}  // namespace

int run_pack_scaffold(Context& context, const PackScaffoldFlags& flags) {
  if (const Status id = check_id(context, flags.id); !id.ok()) return fail_usage(context, id.error());
  const auto language = std::ranges::find(languages(), flags.language, &Language::name);
  const std::string folder = flags.folder.empty() ? flags.id : flags.folder;
  if (const Status free = check_folder(context, folder); !free.ok()) return fail(context, free.error());
  const std::vector<NewFile> files = files_of(*language, flags.id);
  if (const Status written = write(context, folder, files); !written.ok()) return fail(context, written.error());
  for (const NewFile& file : files) context.out << "wrote " << join_path(folder, file.path) << "\n";
  const std::string next = replaced(replaced(std::string(language->next), "PACK", folder), "ID", flags.id);
  context.out << "next: " << next << "\n      lumenflow pack validate --strict " << folder << "\n";
  return 0;
}

}  // namespace lumenflow::cli
