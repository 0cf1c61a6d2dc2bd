// The page that `lumenflow up --ui` serves beside its sidecar: who is at the console, and what signs for them.
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>

#include "cli/commands.h"
#include "local_page/local_page.h"
#include "sidecar/sidecar.h"

namespace lumenflow::cli {

// Null where the flags ask for none. UNAUTHENTICATED where the passphrase does not unlock the operator key. The page
// borrows all but the flags; it is to be started once the sidecar is.
Result<std::unique_ptr<local_page::LocalPage>> make_page(Context& context, const UpFlags& flags,
                                                         boost::asio::io_context& io, sidecar::Workspace& workspace,
                                                         sidecar::Sidecar& sidecar);

// POST /page/links on the control socket: another link. `page` outlives the sidecar's answers.
sidecar::Surface page_links(const std::unique_ptr<local_page::LocalPage>& page);

}  // namespace lumenflow::cli
