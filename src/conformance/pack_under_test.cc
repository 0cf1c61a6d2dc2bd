#include "conformance/pack_under_test.h"

#include <utility>

#include "pack/pack_files.h"

namespace lumenflow::conformance {
namespace {

// A builtin pack registers through a plain function, which finds here what it is to do.
thread_local const std::function<void(pack::Registration&)>* starting = nullptr;

void register_starting(pack::Registration& host) { (*starting)(host); }

class BuiltinUnderTest final : public PackUnderTest {
 public:
  explicit BuiltinUnderTest(const pack::BuiltinPack& pack) : pack_(pack), files_(pack) {}

  Result<std::string> read(std::string_view path) const override { return files_.read(path); }
  std::string display_path() const override { return std::string(pack_.id) + "/manifest.yaml"; }

  std::shared_ptr<const pack::Registry> start(const Observe& observe) override {
    const std::function<void(pack::Registration&)> start = [&](pack::Registration& host) {
      pack::Registration own(host.config());
      pack_.register_pack(own);
      observe(own, host);
    };
    starting = &start;
    pack::RegistryBuilder builder;
    const pack::BuiltinPack started{pack_.id, pack_.files, register_starting};  // until it is built
    builder.add_builtin(started);
    std::shared_ptr<const pack::Registry> registry = builder.build(&everything_granted());
    starting = nullptr;
    return registry;
  }

 private:
  const pack::BuiltinPack& pack_;
  const pack::EmbeddedPackFiles files_;
};

class FolderUnderTest final : public PackUnderTest {
 public:
  FolderUnderTest(const Files& files, std::string folder, pack::CodeLoader load_code)
      : folder_(std::move(folder)), files_(files, folder_), load_code_(std::move(load_code)) {}

  Result<std::string> read(std::string_view path) const override { return files_.read(path); }
  std::string display_path() const override { return join_path(folder_, "manifest.yaml"); }

  std::shared_ptr<const pack::Registry> start(const Observe& observe) override {
    pack::RegistryBuilder builder;
    pack::PackOrigin origin;
    origin.source = "local";
    origin.folder = folder_;
    origin.source_folder = folder_;
    builder.add_opened(id(), *this, display_path(), std::move(origin));
    const auto start = [&](const pack::Manifest& manifest, const std::string& folder,
                           pack::Registration& host) -> Status {
      pack::Registration own(host.config());
      if (load_code_) LUMENFLOW_TRY(load_code_(manifest, folder, own));
      observe(own, host);
      return {};
    };
    return builder.build(&everything_granted(), start);
  }

 private:
  // As the manifest has it: a folder tested by itself is pinned by nobody.
  std::string id() const {
    pack::Diagnostics ignored;  // the registry finds them again
    const auto manifest = pack::parse_manifest(*this, display_path(), ignored);
    return manifest ? manifest->id : std::string();
  }

  const std::string folder_;
  const pack::FolderPackFiles files_;
  const pack::CodeLoader load_code_;
};

}  // namespace

const pack::Activation& everything_granted() {
  static const pack::Activation activation{
      [](std::string_view) { return true; }, [](std::string_view) { return true; }, {}};
  return activation;
}

std::unique_ptr<PackUnderTest> builtin_under_test(const pack::BuiltinPack& pack) {
  return std::make_unique<BuiltinUnderTest>(pack);
}

std::unique_ptr<PackUnderTest> folder_under_test(const Files& files, std::string folder, pack::CodeLoader load_code) {
  return std::make_unique<FolderUnderTest>(files, std::move(folder), std::move(load_code));
}

}  // namespace lumenflow::conformance
