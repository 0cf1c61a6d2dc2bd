// Values that a recording may not have in clear: on tape they are as the journal keeps them, with what was found out
// with them.
#include <algorithm>
#include <utility>

#include "base/encoding.h"
#include "base/sealing.h"
#include "kernel/kernel.h"
#include "kernel/result_text.h"
#include "kernel/secret_keeper.h"
#include "kernel/taped_strand.h"

namespace lumenflow::kernel {
namespace {

using bus::FactKind;
using bus::FactReader;
using bus::FactWriter;

void write_faults(FactWriter& out, const std::vector<ErrorDetail>& faults) {
  json::Array details;
  for (const ErrorDetail& fault : faults)
    details.push_back(json::Object{{"pointer", fault.pointer}, {"reason", fault.reason}});
  const json::Value all(std::move(details));
  const std::optional<json::Value> masked = details_without_secrets(all);
  out.text(json::serialize(masked ? *masked : all));
}

std::vector<ErrorDetail> read_faults(FactReader& in) {
  std::vector<ErrorDetail> faults;
  const Result<json::Value> all = json::parse(in.text(), {.depth_max = 1'000});
  if (all.ok() && all->is_array())
    for (const json::Value& fault : all->as_array())
      faults.push_back(
          {std::string(json::string_or(fault, "pointer", "")), std::string(json::string_or(fault, "reason", ""))});
  return faults;
}

}  // namespace

// What is sealed cannot be judged again: the verdict is captured with it.
std::vector<ErrorDetail> TapedStrand::output_faults(const RunningCall& call, const json::Value& data) {
  const auto judge = [&] { return call.tool->descriptor.output_validator->validate(data); };
  if (!kernel_.tape_.live() || !call.sealed_output) return judge();
  if (kernel_.tape_.recording()) {
    std::vector<ErrorDetail> faults = judge();
    write_faults(kernel_.tape_.fact(FactKind::kVerdict), faults);
    return faults;
  }
  unverified_.push_back("what " + call.tool->descriptor.name + " answered (" + call.receipt.str() +
                        "): it holds sealed values, which its schema is not asked about again");
  std::vector<ErrorDetail> faults = read_faults(kernel_.tape_.expect(FactKind::kVerdict));
  kernel_.tape_.check();
  return faults;
}

// As the journal keeps it: values at writeOnly positions and what looks like a credential are not on tape. Where there
// are such values, what was found out with them is.
void TapedStrand::write_input(RunningCall& call, const std::vector<ErrorDetail>& faults, bool secrets) {
  FactWriter& out = kernel_.tape_.fact(FactKind::kInput);
  const std::optional<std::string> masked =
      faults.empty() ? input_without_secrets(call.input_text, kernel_.options_.redaction_key) : std::nullopt;
  const bool sealed = !faults.empty() || masked || call.tool->descriptor.input_validator->has_write_only();
  call.clean_input = faults.empty() && !masked;
  faults.empty() ? out.text(masked ? *masked : call.input_text) : out.none();
  out.flag(sealed);
  if (!sealed) return;
  out.text(call.input_hash ? as_chars(*call.input_hash) : std::string_view());
  out.flag(masked.has_value());
  out.flag(secrets);
  write_faults(out, faults);
}

std::optional<TapedStrand::SealedInput> TapedStrand::replayed_input(RunningCall& call) {
  FactReader& in = kernel_.tape_.expect(FactKind::kInput);
  const std::optional<std::string> text = in.optional_text();
  const bool sealed = in.flag();
  kernel_.tape_.check();
  call.call.input = {};
  if (text) {
    Result<json::Value> input = json::parse(*text, {.depth_max = 1'000});
    if (!input.ok()) kernel_.tape_.differs("a call's input is not JSON");
    call.call.input = *std::move(input);
  }
  if (!sealed) return std::nullopt;
  const std::string_view hash = in.text();
  SealedInput out;
  call.masked_input = in.flag();
  out.secrets = in.flag();
  out.faults = read_faults(in);
  kernel_.tape_.check();
  if (text) call.input_text = *text;
  if (hash.size() == Hash256().size()) {
    call.input_hash.emplace();
    std::ranges::copy(as_bytes(hash), call.input_hash->begin());
  }
  unverified_.push_back("the input of " + call.tool->descriptor.name + " (" + call.receipt.str() +
                        (text ? "): it holds sealed values" : "): it was refused, and no record keeps it"));
  return out;
}

// A key that looks like a credential is masked on tape, and its hash is another then.
void TapedStrand::tape_idempotency_hash(RunningCall& call) {
  if (kernel_.tape_.replaying()) {
    if (!kernel_.tape_.comes(FactKind::kSealed)) return;
    const std::string_view hash = kernel_.tape_.expect(FactKind::kSealed).text();
    if (hash.size() != call.idempotency_hash->size()) kernel_.tape_.differs("a sealed key has a malformed hash");
    std::ranges::copy(as_bytes(hash), call.idempotency_hash->begin());
  } else if (input_without_secrets(call.call.idempotency_key, kernel_.options_.redaction_key)) {
    kernel_.tape_.fact(FactKind::kSealed).text(as_chars(*call.idempotency_hash));
  }
}

// A text that waits in the journal for a decision, sealed where it holds secrets; on tape, as the journal has it.
std::string TapedStrand::seal_text(bool& sealed, std::string text, const std::string& key) {
  if (kernel_.tape_.replaying()) {
    FactReader& in = kernel_.tape_.expect(FactKind::kSealed);
    sealed = in.flag();
    std::string kept(in.text());
    kernel_.tape_.check();
    return kept;
  }
  {
    const Tape::Aside aside;  // what is drawn for the seal is in the seal
    if (sealed) text = seal(text, key, kernel_.ports_.random);
  }
  if (kernel_.tape_.recording()) {
    FactWriter& out = kernel_.tape_.fact(FactKind::kSealed);
    out.flag(sealed);
    out.text(text);
  }
  return text;
}

}  // namespace lumenflow::kernel
