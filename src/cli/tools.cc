#include <ostream>

#include "cli/commands.h"
#include "cli/diagnostics_output.h"
#include "cli/output.h"
#include "cli/session.h"

namespace lumenflow::cli {

int run_tools(Context& context, bool json) {
  const auto session = Session::open(context);
  if (!session.ok()) return fail(context, session.error());
  warn_of(context, (*session)->refusals());
  const Result<json::Value> answer = (*session)->get("/tools");
  if (!answer.ok()) return fail(context, answer.error());
  if (json) {
    context.out << json::serialize_pretty(*answer) << "\n";
    return 0;
  }
  std::vector<std::vector<std::string>> rows;
  if (const json::Value* tools = answer->find("tools"); tools != nullptr && tools->is_array())
    for (const json::Value& tool : tools->as_array())
      rows.push_back({cell(tool.find("name")), cell(tool.find("permission")), cell(tool.find("pack")),
                      json::boolean_or(tool, "callable", false) ? "yes" : "no", cell(tool.find("title"))});
  print_table(context.out, {"TOOL", "PERMISSION", "PACK", "CALLABLE", "TITLE"}, rows);
  return 0;
}

}  // namespace lumenflow::cli
