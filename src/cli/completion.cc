#include "cli/completion.h"

#include <CLI/CLI.hpp>

namespace lumenflow::cli {
namespace {

// Those that --help lists.
std::vector<const CLI::App*> subcommands_of(const CLI::App& command) {
  return command.get_subcommands([](const CLI::App* sub) { return !sub->get_group().empty(); });
}

// The words that may follow a command: its subcommands and long flags.
std::string words_of(const CLI::App& command) {
  std::string words;
  for (const CLI::App* sub : subcommands_of(command)) words += sub->get_name() + " ";
  for (const CLI::Option* option : command.get_options())
    for (const std::string& name : option->get_lnames()) words += "--" + name + " ";
  if (!words.empty()) words.pop_back();
  return words;
}

void bash_cases(const CLI::App& command, const std::string& path, std::string& out) {
  out += "    '" + path + "') printf '%s\\n' '" + words_of(command) + "' ;;\n";
  for (const CLI::App* sub : subcommands_of(command))
    bash_cases(*sub, path.empty() ? sub->get_name() : path + " " + sub->get_name(), out);
}

std::string bash_script(const CLI::App& app) {
  std::string out =
      "_lumenflow_words() {\n"
      "  case $1 in\n";
  bash_cases(app, "", out);
  out +=
      "    *) return 1 ;;\n"
      "  esac\n"
      "}\n"
      "_lumenflow() {\n"
      "  local path='' words='' longer i\n"
      "  for ((i = 1; i < COMP_CWORD; i++)); do\n"  // a word that leads to no command is a flag or its value
      "    longer=\"${path:+$path }${COMP_WORDS[i]}\"\n"
      "    if _lumenflow_words \"$longer\" >/dev/null; then path=$longer; fi\n"
      "  done\n"
      "  words=$(_lumenflow_words \"$path\")\n"
      "  COMPREPLY=($(compgen -W \"$words\" -- \"${COMP_WORDS[COMP_CWORD]}\"))\n"
      "}\n"
      "complete -o default -F _lumenflow lumenflow\n";
  return out;
}

// In single quotes fish knows two escapes.
std::string fish_quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + "'";
}

void fish_lines(const CLI::App& command, const std::string& condition, std::string& out) {
  for (const CLI::App* sub : subcommands_of(command)) {
    out += "complete -c lumenflow -f -n '" + condition + "' -a " + sub->get_name() + " -d " +
           fish_quoted(sub->get_description()) + "\n";
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
