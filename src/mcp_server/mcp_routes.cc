// POST, GET and DELETE /mcp, and what a client learns of how to be let in (RFC 9728).
#include "mcp_server/mcp_routes.h"

#include "mcp_server/server.h"

namespace lumenflow::mcp_server {

// The server looks at origin and token itself: its refusals have a form of their own.
void add_mcp_routes(Routes& routes, RouteContext& context) {
  const auto server = std::make_shared<McpServer>(context);  // shared by the routes' handlers
  routes.add({.method = http::Method::kPost,
              .pattern = "/mcp",
              .id = "mcp_send",
              .summary = "The Model Context Protocol: a JSON-RPC message",
              .access = sidecar::Access::kOpen,
              .asks_token_itself = true},
             [server](const ExchangePtr& exchange) { server->post(exchange); });
  routes.add({.pattern = "/mcp",
              .id = "mcp_listen",
              .summary = "The Model Context Protocol: the stream of a session",
              .access = sidecar::Access::kOpen,
              .media_type = "text/event-stream",
              .asks_token_itself = true},
             [server](const ExchangePtr& exchange) { server->get(exchange); });
  routes.add({.method = http::Method::kDelete,
              .pattern = "/mcp",
              .id = "mcp_end",
              .summary = "The Model Context Protocol: the end of a session",
              .access = sidecar::Access::kOpen,
              .asks_token_itself = true},
             [server](const ExchangePtr& exchange) { server->end_session(exchange); });
  for (const char* pattern : {"/.well-known/oauth-protected-resource", "/.well-known/oauth-protected-resource/mcp"})
    routes.add({.pattern = pattern,
                .id = pattern[sizeof("/.well-known/oauth-protected-resource") - 1] == 0 ? "protected_resource"
                                                                                        : "protected_resource_mcp",
                .summary = "How a client of MCP is let in (RFC 9728)",
                .access = sidecar::Access::kOpen},
               [server](const ExchangePtr& exchange) { server->describe_resource(exchange); });
}

}  // namespace lumenflow::mcp_server
