// What page/build.py generates: the files, in build/page/page_files.cc.
#pragma once

#include <vector>

#include "http/static_site.h"

namespace lumenflow::page {

std::vector<http::StaticFile> files();

}  // namespace lumenflow::page
