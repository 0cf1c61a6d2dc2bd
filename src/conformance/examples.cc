#include "conformance/examples.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "conformance/draw.h"
#include "conformance/schema_samples.h"
#include "event/event.h"
#include "json/schema.h"

namespace lumenflow::conformance {
namespace {

constexpr std::string_view kResult = "$result";
constexpr int kNeedsDepthMax = 8;  // of examples that need the results of others

std::vector<Sample> written_examples(const pack::Manifest& manifest, std::string_view name) {
  const json::Value* all = manifest.raw.find("examples");
  const json::Value* of_name = all == nullptr ? nullptr : all->find(name);
  if (of_name == nullptr) return {};
  if (of_name->is_object()) return {{*of_name, false, "its example"}};
  std::vector<Sample> out;
  for (const json::Value& each : of_name->as_array())
    out.push_back({each, false, "its example " + std::to_string(out.size() + 1)});
  return out;
}

std::vector<Sample> written_examples(const pack::Manifest& manifest, const pack::ToolDescriptor& tool) {
  std::vector<Sample> out = written_examples(manifest, tool.name);
  for (const std::string& alias : tool.aliases)
    for (Sample& sample : written_examples(manifest, alias)) out.push_back(std::move(sample));
  return out;
}

// As the manifest has it: inline, or in a file of the pack.
std::optional<json::Value> payload_schema(const pack::Manifest& manifest, const PackUnderTest& files,
                                          std::string_view kind) {
  const json::Value* all = manifest.raw.find("event_schemas");
  if (const json::Value* own = all == nullptr ? nullptr : all->find(kind)) {
    if (own->is_object()) return *own;
    const Result<std::string> text =
        own->is_string() ? files.read(own->as_string()) : Result<std::string>(std::string());
    const Result<json::Value> parsed = text.ok() ? json::parse(*text) : Result<json::Value>(text.error());
    return parsed.ok() ? std::optional(*parsed) : std::nullopt;
  }
  const event::KnownKind* known = event::find_kernel_kind(kind);
  if (known == nullptr) known = event::find_first_party_kind(kind);
  if (known == nullptr) return std::nullopt;
  return json::parse(known->payload_schema).value();
}

std::optional<json::Value> generated_payload(const json::Value& schema, std::uint64_t seed) {
  json::SchemaOptions options;
  options.assert_format = true;
  const Result<json::Schema> compiled = json::Schema::compile(schema, options);
  if (!compiled.ok()) return std::nullopt;
  SchemaSamples samples(
      schema, [&](const json::Value& value) { return value.is_object() && compiled->accepts(value); }, seed);
  return samples.good();
}

class Resolver {
 public:
  Resolver(const pack::Manifest& manifest, const CallTool& call) : manifest_(manifest), call_(call) {}

  Result<json::Value> resolve(const json::Value& value, int depth) {
    if (const json::Value* reference = value.find(kResult)) return result_of(*reference, depth);
    if (const json::Object* members = value.if_object()) {
      json::Object out;
      for (const json::Member& member : *members) {
        LUMENFLOW_TRY_ASSIGN(json::Value resolved, resolve(member.value, depth));
        out.set(member.key, std::move(resolved));
      }
      return json::Value(std::move(out));
    }
    if (const json::Array* items = value.if_array()) {
      json::Array out;
      for (const json::Value& item : *items) {
        LUMENFLOW_TRY_ASSIGN(json::Value resolved, resolve(item, depth));
        out.push_back(std::move(resolved));
      }
      return json::Value(std::move(out));
    }
    return value;
  }

 private:
  Result<json::Value> result_of(const json::Value& reference, int depth) {
    const std::string tool(json::string_or(reference, "tool", ""));
    const std::string at(json::string_or(reference, "at", ""));
    const std::string shown = "$result " + json::serialize(reference);
    if (depth >= kNeedsDepthMax)
      return Error(ErrorCode::kInvalidInput, shown + ": the examples need each other in a circle");
    const auto known = std::ranges::find(manifest_.tools, tool, &pack::ToolDescriptor::name);
    const std::vector<Sample> examples =
        known == manifest_.tools.end() ? std::vector<Sample>() : written_examples(manifest_, *known);
    if (examples.empty())
      return Error(ErrorCode::kInvalidInput, shown + ": the pack has no tool of that name with an example");
    LUMENFLOW_TRY_ASSIGN(const json::Value input, resolve(examples.front().value, depth + 1));
    LUMENFLOW_TRY_ASSIGN(const json::Value output, call_(tool, input));
    const json::Value* found = output.at_pointer(at);
    if (found == nullptr) return Error(ErrorCode::kInvalidInput, shown + ": its answer has nothing there");
    return *found;
  }

  const pack::Manifest& manifest_;
  const CallTool& call_;
};

}  // namespace

std::vector<Sample> samples_of_tool(const pack::Manifest& manifest, const pack::ToolDescriptor& tool,
                                    const pack::InputRule& rule, std::uint64_t seed) {
  std::vector<Sample> samples = written_examples(manifest, tool);
  if (!samples.empty()) return samples;
  const auto accepts = [&](const json::Value& value) {
    const std::optional<json::Value> read = rule ? rule(value) : std::nullopt;
    return tool.input_validator->accepts(read ? *read : value);
  };
  SchemaSamples generator(tool.input_schema, accepts, seed_for(seed, tool.name));
  if (auto made = generator.good()) samples.push_back({*std::move(made), true, "a generated input"});
  return samples;
}

std::vector<Sample> samples_of_kind(const pack::Manifest& manifest, const PackUnderTest& files, std::string_view kind,
                                    std::uint64_t seed) {
  std::vector<Sample> samples = written_examples(manifest, kind);
  if (!samples.empty()) return samples;
  const std::optional<json::Value> schema = payload_schema(manifest, files, kind);
  if (!schema) return {};
  if (auto made = generated_payload(*schema, seed_for(seed, kind)))
    samples.push_back({*std::move(made), true, "a generated payload"});
  return samples;
}

Result<json::Value> resolve_results(const pack::Manifest& manifest, const json::Value& input, const CallTool& call) {
  return Resolver(manifest, call).resolve(input, 0);
}

}  // namespace lumenflow::conformance
