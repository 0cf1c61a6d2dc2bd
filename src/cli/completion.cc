#include "cli/completion.h"

#include <CLI/CLI.hpp>

namespace lumenflow::cli {
namespace {

// The words that may follow a command: its subcommands and long flags.
std::string words_of(const CLI::App& command) {
  std::string words;
  for (const CLI::App* sub : command.get_subcommands({})) words += sub->get_name() + " ";
  for (const CLI::Option* option : command.get_options())
    for (const std::string& name : option->get_lnames()) words += "--" + name + " ";
  if (!words.empty()) words.pop_back();
  return words;
}

void bash_cases(const CLI::App& command, const std::string& path, std::string& out) {
  out += "    '" + path + "') words='" + words_of(command) + "' ;;\n";
  for (const CLI::App* sub : command.get_subcommands({}))
    bash_cases(*sub, path.empty() ? sub->get_name() : path + " " + sub->get_name(), out);
}

std::string bash_script(const CLI::App& app) {
  std::string out =
      "_lumenflow() {\n"
      "  local path='' words='' word i\n"
      "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
      "    word=${COMP_WORDS[i]}\n"
      "    case $word in -*) ;; *) path=\"${path:+$path }$word\" ;; esac\n"
      "  done\n"
      "  case $path in\n";
  bash_cases(app, "", out);
  out +=
      "  esac\n"
      "  COMPREPLY=($(compgen -W \"$words\" -- \"${COMP_WORDS[COMP_CWORD]}\"))\n"
      "}\n"
      "complete -o default -F _lumenflow lumenflow\n";
  return out;
}

void fish_lines(const CLI::App& command, const std::string& condition, std::string& out) {
  for (const CLI::App* sub : command.get_subcommands({})) {
    out += "complete -c lumenflow -f -n '" + condition + "' -a " + sub->get_name() + " -d '" + sub->get_description() +
           "'\n";
    fish_lines(*sub, "__fish_seen_subcommand_from " + sub->get_name(), out);
  }
  for (const CLI::Option* option : command.get_options())
    for (const std::string& name : option->get_lnames())
      out += "complete -c lumenflow -n '" + condition + "' -l " + name + "\n";
}

}  // namespace

std::string completion_script(const CLI::App& app, const std::string& shell) {
  if (shell == "fish") {
    std::string out;
    fish_lines(app, "__fish_use_subcommand", out);
    return out;
  }
  if (shell == "zsh") return "#compdef lumenflow\nautoload -U +X bashcompinit && bashcompinit\n" + bash_script(app);
  return bash_script(app);
}

}  // namespace lumenflow::cli
