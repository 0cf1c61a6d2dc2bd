// Shell completion, generated from the command line's own definition, so that it cannot drift.
#pragma once

#include <CLI/App.hpp>
#include <string>

namespace lumenflow::cli {

std::string completion_script(const CLI::App& app, const std::string& shell);  // bash, zsh, fish

}  // namespace lumenflow::cli
