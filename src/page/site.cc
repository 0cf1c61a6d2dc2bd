#include "page/site.h"

#include "page/files.h"

namespace lumenflow::page {

const http::StaticSite& site() {
  static const http::StaticSite site(files());
  return site;
}

}  // namespace lumenflow::page
