// Routes by method and path pattern. Built once, then read by one thread.
//
// A literal segment wins over a parameter, whatever the order of adding. HEAD falls back to GET (the server sends no
// body).
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "http/server.h"

namespace lumenflow::http {

// A request whose path matched a route: decoded path parameters and query.
struct RoutedRequest {
  Request request;
  std::map<std::string, std::string, std::less<>> path;   // {name} segments, percent-decoded
  std::map<std::string, std::string, std::less<>> query;  // the first value of each name, decoded ('+' stays '+')
};

using RouteHandler = std::function<void(RoutedRequest, std::unique_ptr<Responder>)>;

struct Route {
  Method method;
  std::string pattern;  // "/tools/{name}"
  RouteHandler handler;
};

class Router {
 public:
  Router();
  void add(Method method, std::string pattern, RouteHandler handler);  // aborts on the same route twice
  // NOT_FOUND, METHOD_NOT_ALLOWED (with the Allow header's value in the details as {"allow", "GET, POST"}),
  // INVALID_REQUEST for a bad escape, an escaped '/' or NUL, bad UTF-8, a `.` or `..` segment; the Responder is then
  // still the caller's. On success the handler has been called.
  Status route(Request request, std::unique_ptr<Responder>& responder) const;

 private:
  struct Node;
  std::shared_ptr<Node> root_;  // shared: a copy of the router is the same table, and Node is complete in the .cc only
};

}  // namespace lumenflow::http
