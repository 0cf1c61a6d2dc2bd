// The conductor's page, as it was built from page/: its files are part of the program.
//
// Any thread; lives as long as the program.
#pragma once

#include "http/static_site.h"

namespace lumenflow::page {

// Where the program was built without npm's packages it is one page that says so.
const http::StaticSite& site();

}  // namespace lumenflow::page
