#include "conformance/pack_under_test.h"

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
    builder.add_builtin({pack_.id, pack_.files, register_starting});
    std::shared_ptr<const pack::Registry> registry = builder.build(&everything_granted());
    starting = nullptr;
    return registry;
  }

 private:
  const pack::BuiltinPack& pack_;
  const pack::EmbeddedPackFiles files_;
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

}  // namespace lumenflow::conformance
