#include "http/static_site.h"

#include <gtest/gtest.h>

#include <string>

namespace lumenflow::http {
namespace {

StaticSite site() {
  return StaticSite({{"/", "text/html; charset=utf-8", "\"a1\"", false, "<!doctype html>", "GZ", "BR"},
                     {"/assets/app-1.js", "text/javascript", "\"b2\"", true, "code", "", ""}});
}

Request get(std::string target, std::vector<std::pair<std::string, std::string>> headers = {}) {
  Request request;
  request.target = std::move(target);
  request.headers = std::move(headers);
  return request;
}

std::string header(const Response& response, std::string_view name) {
  for (const auto& [key, value] : response.headers)
    if (key == name) return value;
  return "";
}

TEST(StaticSite, ServesTheCodingThatTheClientTakes) {
  EXPECT_EQ(site().answer(get("/"))->body, "<!doctype html>");
  EXPECT_EQ(site().answer(get("/", {{"accept-encoding", "gzip, deflate"}}))->body, "GZ");
  const auto best = site().answer(get("/?utm=1", {{"accept-encoding", "gzip, br;q=0.5"}}));
  EXPECT_EQ(best->body, "BR");
  EXPECT_EQ(header(*best, "Content-Encoding"), "br");
  EXPECT_EQ(site().answer(get("/", {{"accept-encoding", "br;q=0, gzip"}}))->body, "GZ");
  EXPECT_EQ(site().answer(get("/", {{"accept-encoding", "brotli"}}))->body, "<!doctype html>");
  const auto small = site().answer(get("/assets/app-1.js", {{"accept-encoding", "br"}}));
  EXPECT_EQ(small->body, "code");
  EXPECT_EQ(header(*small, "Content-Encoding"), "");
}

TEST(StaticSite, AsksAboutThePageEachTimeAndKeepsWhatNeverChanges) {
  EXPECT_EQ(header(*site().answer(get("/")), "Cache-Control"), "no-cache");
  EXPECT_EQ(header(*site().answer(get("/assets/app-1.js")), "Cache-Control"), "public, max-age=31536000, immutable");
  const auto same = site().answer(get("/", {{"if-none-match", "\"a1\""}}));
  EXPECT_EQ(same->status, 304);
  EXPECT_TRUE(same->body.empty());
  EXPECT_EQ(header(*same, "ETag"), "\"a1\"");
  EXPECT_EQ(site().answer(get("/", {{"if-none-match", "\"older\""}}))->status, 200);
}

TEST(StaticSite, KeepsThePageToItself) {
  const Response page = *site().answer(get("/"));
  const std::string policy = header(page, "Content-Security-Policy");
  EXPECT_NE(policy.find("default-src 'none'"), std::string::npos);
  EXPECT_NE(policy.find("frame-ancestors 'none'"), std::string::npos);
  for (const char* way_in : {"unsafe-inline", "unsafe-eval", "http:", "https:", "*"})
    EXPECT_EQ(policy.find(way_in), std::string::npos) << way_in;
  EXPECT_EQ(header(page, "X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(header(page, "Referrer-Policy"), "no-referrer");
}

TEST(StaticSite, KnowsNothingElse) {
  for (const char* target : {"/assets", "/assets/", "/assets/../", "/index.html", "//", "/v2/session", ""})
    EXPECT_FALSE(site().answer(get(target))) << target;
  Request post = get("/");
  post.method = Method::kPost;
  EXPECT_FALSE(site().answer(post));
}

}  // namespace
}  // namespace lumenflow::http
