#include "software-delivery/registration.h"

#include <memory>

#include "lumenflow_software_delivery_files.h"
#include "software-delivery/aftermath.h"
#include "software-delivery/tools.h"

namespace lumenflow {
namespace software_delivery {
namespace {

struct Tool {
  std::string_view name;
  Data (*run)(Call&);
  pack::ToolTraits traits;
};

constexpr pack::ToolTraits kStore{.store_only = true};
// On the strand, where nobody else writes meanwhile: senders do not get into each other's way.
constexpr pack::ToolTraits kBrief{.store_only = true, .bounded = true};
constexpr pack::ToolTraits kPlain{};
constexpr pack::ToolTraits kPrograms{.programs = true};

constexpr Tool kTools[] = {{"wu:create", create_work_unit, kPlain},
                           {"wu:list", list_all_work_units, kPlain},
                           {"wu:status", work_unit_status, kPrograms},
                           {"wu:claim", claim_work_unit, kPrograms},
                           {"wu:release", release_work_unit, kPrograms},
                           {"wu:block", block_work_unit, kPlain},
                           {"wu:unblock", unblock_work_unit, kPlain},
                           {"wu:summary", summarise_work_unit, kPrograms},
                           {"wu:done", finish_work_unit, kPrograms},
                           {"wu:recover", recover_work_unit, kPrograms},
                           {"lane:list", list_lanes, kPlain},
                           {"software-delivery:gates", run_gates, kPrograms},
                           {"git:status", git_status, kPrograms},
                           {"git:diff", git_diff, kPrograms},
                           {"git:log", git_log, kPrograms},
                           {"mem:signal", signal_mailbox, kBrief},
                           {"mem:inbox", read_mailbox, kStore}};

void register_pack(pack::Registration& registration) {
  const auto site = std::make_shared<Site>();  // shared: between the handlers of one workspace
  for (const Tool& tool : kTools)
    registration.tool(std::string(tool.name), tool.traits,
                      [site, run = tool.run](pack::ToolContext& context, const json::Value& input) {
                        Call call(context, input, *site);
                        return to_tool_result(run(call));
                      });
  registration.status(aftermath);
}

}  // namespace
}  // namespace software_delivery

const pack::BuiltinPack& software_delivery_pack() {
  static const pack::BuiltinPack pack{"software-delivery", embedded::lumenflow_software_delivery_files(),
                                      software_delivery::register_pack};
  return pack;
}

}  // namespace lumenflow
