// The shape of policy rules, wherever they are written: manifests, lumenflow.yaml, lanes. What they mean is the policy
// engine's matter.
#pragma once

#include <string>
#include <string_view>

#include "pack/fields.h"

namespace lumenflow::pack {

// Reports every fault of a list of rules under the report's own codes; two rules of one id under `duplicate_code`.
void check_policy_rules(Report& report, const json::Value& list, const std::string& pointer,
                        std::string_view duplicate_code);

// The approval surface of what a rule of this id asks approval for; `default`: of what the default decision does.
std::string policy_surface(std::string_view rule_id);

}  // namespace lumenflow::pack
