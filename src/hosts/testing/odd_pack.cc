// A pack's program that does what tests and benches ask of it, most of it wrong: the tool's name says what. It speaks
// the protocol without an SDK.
//
// Its argument is a folder where it keeps what must outlive it.
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <string>

#include "hosts/message.h"

namespace {

using namespace lumenflow;
using namespace lumenflow::hosts;

std::string g_folder;
std::int64_t g_next_id = 0;
json::Value g_config;

void say(const std::string& text) {
  for (std::size_t at = 0; at < text.size();) {
    const ssize_t n = ::write(STDOUT_FILENO, text.data() + at, text.size() - at);
    if (n <= 0) std::_Exit(3);
    at += static_cast<std::size_t>(n);
  }
}

Message hear() {
  std::string line;
  if (!std::getline(std::cin, line)) std::_Exit(0);
  Result<Message> message = parse_message(line);
  if (!message.ok()) std::_Exit(4);
  return *std::move(message);
}

json::Value data(json::Value value) { return json::Object{{"success", true}, {"data", std::move(value)}}; }

// What the host answers: its result, or {"refused": code}.
json::Value ask(const std::string& method, json::Value params) {
  say(request_line(++g_next_id, method, params));
  const Message message = hear();
  if (message.kind == Message::Kind::kRefusal) return json::Object{{"refused", message.refusal.code}};
  return message.body;
}

void touch(const std::string& name) { ::close(::open((g_folder + "/" + name).c_str(), O_CREAT | O_WRONLY, 0644)); }
bool there(const std::string& name) { return ::access((g_folder + "/" + name).c_str(), F_OK) == 0; }

[[noreturn]] void hang() {
  for (;;) ::pause();
}

// Has an answer streamed to it, asks for something else meanwhile, and has enough after as many pieces as it is told.
void stream(const Message& call) {
  const std::string receipt(json::string_or(call.body, "receipt_id", ""));
  const std::int64_t wanted = json::integer_or(*call.body.find("input"), "wanted", 1'000'000);
  const std::int64_t id = ++g_next_id;
  say(request_line(id, "http/fetch", json::Object{{"in", receipt}, {"url", "https://a.example/"}, {"stream", true}}));
  say(request_line(++g_next_id, "store/put", json::Object{{"in", receipt}, {"key", "meanwhile"}, {"value", 1}}));
  std::string text, order;
  std::int64_t pieces = 0;
  json::Value result;
  for (int answers = 0; answers < 2;) {
    const Message message = hear();
    if (message.kind == Message::Kind::kNotification) {
      text += json::string_or(message.body, "text", "");
      order += "p";
      if (++pieces == wanted) say(notification_line("http/stop", json::Object{{"in", receipt}, {"id", id}}));
      continue;
    }
    ++answers;
    order += message.id == json::Value(id) ? "F" : "S";
    if (message.id == json::Value(id)) result = message.kind == Message::Kind::kRefusal ? json::Value() : message.body;
  }
  json::Object seen{{"bytes", std::uint64_t{text.size()}},
                    {"end", text.substr(text.size() - std::min<std::size_t>(4, text.size()))}};
  seen.set("complete", result.is_object() ? *result.find("complete") : json::Value());
  seen.set("ends", order.substr(order.find_first_not_of('p')));
  say(answer_line(call.id, data(std::move(seen))));
}

// Tells its secret in every way but as its result.
void tell(const Message& message) {
  const char* given = std::getenv("ODD_SECRET");
  const std::string secret = given == nullptr ? std::string(json::string_or(g_config, "token", "")) : given;
  (void)!::write(STDERR_FILENO, ("stderr " + secret + "\n").data(), secret.size() + 8);
  say(notification_line("log", json::Object{{"level", "warn"},
                                            {"message", std::string(2'040, 'm') + secret},
                                            {"fields", json::Object{{"field", secret}}}}));
  const json::Value& receipt = *message.body.find("receipt_id");
  say(notification_line("tool/progress",
                        json::Object{{"in", receipt}, {"fraction", 0.25}, {"message", "at " + secret}}));
  const std::string how(json::string_or(*message.body.find("input"), "how", ""));
  if (how == "error")
    return say(answer_line(message.id, json::Object{{"success", false},
                                                    {"error", json::Object{{"code", "NO_LUCK"},
                                                                           {"message", "with " + secret},
                                                                           {"details", json::Array{secret}}}}}));
  if (how == "result") return say(answer_line(message.id, data(json::Object{{"token", secret}})));
  if (how == "refusal") return say(refusal_line(message.id, Error(ErrorCode::kNotFound, "not " + secret)));
  if (how == "stray") return say(answer_line(message.id, json::Object{{"success", true}, {secret, 1}}));
  say(secret + "\n");
}

// Whoever is started here hangs too, and holds what the parent held.
[[noreturn]] void family() {
  const pid_t child = ::fork();
  if (child == 0) hang();
  const int file = ::open((g_folder + "/family").c_str(), O_CREAT | O_WRONLY, 0644);
  (void)!::dprintf(file, "%d\n", child);
  ::close(file);
  hang();
}

json::Value inner(const std::string& method, json::Value params) {
  return data(json::Object{{"inner", ask(method, std::move(params))}});
}

json::Value program(const std::string& receipt, const json::Value& input) {
  json::Object wanted{{"in", receipt}};
  for (const json::Member& member : input.as_object()) wanted.set(member.key, member.value);
  return data(json::Object{{"end", ask("process/run", std::move(wanted))}});
}

void call(const Message& message) {
  const json::Value& params = message.body;
  const std::string tool(json::string_or(params, "tool", ""));
  const std::string receipt(json::string_or(params, "receipt_id", ""));
  const json::Value& input = *params.find("input");
  const auto answer = [&](json::Value result) { say(answer_line(message.id, std::move(result))); };
  if (tool == "odd:echo") return answer(data(input));
  if (tool == "odd:scopes") return answer(data(json::Object{{"scopes", *params.find("scopes")}}));
  if (tool == "odd:pid") return answer(data(json::Object{{"pid", static_cast<std::int64_t>(::getpid())}}));
  if (tool == "odd:fail")
    return answer(
        json::Object{{"success", false}, {"error", json::Object{{"code", "NO_LUCK"}, {"message", "it says no"}}}});
  if (tool == "odd:refuse") return say(refusal_line(message.id, Error(ErrorCode::kNotFound, "not here")));
  if (tool == "odd:environment") {
    const char* secret = std::getenv("ODD_SECRET");
    const char* home = std::getenv("HOME");
    return answer(data(json::Object{{"secret", secret == nullptr ? "" : secret}, {"home", home != nullptr}}));
  }
  if (tool == "odd:tell" || tool == "odd:stream") return tool == "odd:tell" ? tell(message) : stream(message);
  if (tool == "odd:never") hang();
  if (tool == "odd:hang_with_effect") {
    touch("waiting");
    hang();
  }
  if (tool == "odd:family") family();
  if (tool == "odd:garbage") {
    say("Traceback (most recent call last):\n");
    hang();
  }
  if (tool == "odd:flood") {
    const std::string chunk(1u << 20, 'x');
    for (int i = 0; i < 10'240; ++i) say(chunk);
    hang();
  }
  if (tool == "odd:grumble") {
    const std::string line(200, 'e');
    for (;;) (void)!::write(STDERR_FILENO, (line + "\n").data(), line.size() + 1);
  }
  if (tool == "odd:exit") std::_Exit(7);
  if (tool == "odd:exit_once") {
    if (there("exited")) return answer(data(json::Object{{"second", true}}));
    touch("exited");
    std::_Exit(7);
  }
  if (tool == "odd:crash_after_effect") {
    touch("applied-" + receipt);
    std::_Exit(7);
  }
  if (tool == "odd:twice") {
    answer(data(json::Object{}));
    return answer(data(json::Object{}));
  }
  if (tool == "odd:other_id") return say(answer_line(json::Value(999'999), data(json::Object{})));
  if (tool == "odd:stray") return answer(json::Object{{"success", true}, {"stray", 1}});
  if (tool == "odd:store") {
    json::Object seen;
    seen.set("before", ask("store/get", json::Object{{"in", receipt}, {"key", "k"}}));
    ask("store/put", json::Object{{"in", receipt}, {"key", "k"}, {"value", input}});
    seen.set("after", ask("store/get", json::Object{{"in", receipt}, {"key", "k"}}));
    ask("store/put", json::Object{{"in", receipt}, {"key", "gone"}, {"value", 1}});
    ask("store/delete", json::Object{{"in", receipt}, {"key", "gone"}});
    seen.set("scan", ask("store/scan", json::Object{{"in", receipt}, {"prefix", ""}}));
    return answer(data(std::move(seen)));
  }
  if (tool == "odd:emit") {
    json::Object seen;
    const json::Value payload = json::Object{{"n", 1}};
    seen.set("now", ask("event/emit", json::Object{{"in", receipt}, {"kind", "odd:said"}, {"payload", payload}}));
    seen.set("later",
             ask("event/emit", json::Object{{"kind", "odd:said"}, {"payload", payload}, {"with_result", true}}));
    seen.set("unknown",
             ask("event/emit", json::Object{{"in", receipt}, {"kind", "odd:unheard"}, {"payload", payload}}));
    seen.set("handled", ask("replay_log/has", json::Object{{"kind", "odd:said"}, {"replay_key", "none"}}));
    return answer(data(std::move(seen)));
  }
  if (tool == "odd:announce") {
    ask("event/emit", json::Object{{"in", receipt}, {"kind", "odd:asked"}, {"payload", input}, {"with_result", true}});
    return answer(data(json::Object{}));
  }
  if (tool == "odd:emit_and_exit") {
    ask("event/emit", json::Object{{"in", receipt}, {"kind", "odd:said"}, {"payload", json::Object{{"n", 2}}}});
    ask("event/emit",
        json::Object{
            {"in", receipt}, {"kind", "odd:said"}, {"payload", json::Object{{"n", 3}}}, {"with_result", true}});
    ask("store/put", json::Object{{"in", receipt}, {"key", "lost"}, {"value", 1}});
    std::_Exit(7);
  }
  if (tool == "odd:ask_wrongly") {
    json::Object seen;
    seen.set("method", ask("process/start", json::Object{}));
    seen.set("shape", ask("store/get", json::Object{{"in", receipt}}));
    seen.set("run", ask("store/get", json::Object{{"in", "rcpt-of-another"}, {"key", "k"}}));
    return answer(data(std::move(seen)));
  }
  if (tool == "odd:ask_forever")
    for (;;) say(request_line(++g_next_id, "store/get", json::Object{{"in", receipt}, {"key", "k"}}));
  if (tool == "odd:log_forever")
    for (;;) say(notification_line("log", json::Object{{"level", "info"}, {"message", std::string(4'000, 'l')}}));
  if (tool == "odd:ask_late") {
    answer(data(json::Object{}));
    return say(request_line(++g_next_id, "store/put", json::Object{{"in", receipt}, {"key", "late"}, {"value", 1}}));
  }
  if (tool == "odd:obey") {  // waits to be cancelled, and says so
    touch("waiting");
    while (hear().method != "call/cancel") {
    }
    return say(refusal_line(message.id, Error(ErrorCode::kToolCancelled, "as you wish")));
  }
  if (tool == "odd:invoke") {
    json::Object wanted{{"in", receipt}, {"tool", json::string_or(input, "tool", "")}, {"input", json::Object{}}};
    if (const json::Value* inner = input.find("input")) wanted.set("input", *inner);
    return answer(inner("tool/invoke", std::move(wanted)));
  }
  if (tool == "odd:program") return answer(program(receipt, input));
  if (tool == "odd:task") {
    const std::string method = "task/" + std::string(json::string_or(input, "step", ""));
    return answer(inner(method, json::Object{{"in", receipt}, {"input", *input.find("input")}}));
  }
  say(method_not_found_line(message.id, tool));
}

void handle(const Message& message) {
  const json::Value& payload = *message.body.at_pointer("/event/payload");
  const std::string delivery(json::string_or(message.body, "delivery_id", ""));
  if (payload.find("fail") != nullptr) return say(refusal_line(message.id, Error(ErrorCode::kNotFound, "no such job")));
  if (payload.find("exit") != nullptr && !there("handler-exited")) {
    touch("handler-exited");
    std::_Exit(7);
  }
  ask("store/put", json::Object{{"in", delivery}, {"key", "handled"}, {"value", payload}});
  ask("event/emit",
      json::Object{{"in", delivery}, {"kind", "odd:said"}, {"payload", json::Object{{"n", 9}}}, {"with_result", true}});
  say(answer_line(message.id, json::Object{}));
}

}  // namespace

int main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  g_folder = argc > 1 ? argv[1] : ".";
  if (there("mute")) hang();
  if (there("broken")) std::_Exit(9);
  for (;;) {
    const Message message = hear();
    if (message.method == "pack/initialize") {
      g_config = *message.body.find("config");
      json::Array tools;
      for (const char* tool : {"odd:echo",        "odd:scopes",
                               "odd:pid",         "odd:fail",
                               "odd:refuse",      "odd:environment",
                               "odd:never",       "odd:family",
                               "odd:garbage",     "odd:flood",
                               "odd:grumble",     "odd:exit",
                               "odd:exit_once",   "odd:crash_after_effect",
                               "odd:twice",       "odd:other_id",
                               "odd:stray",       "odd:store",
                               "odd:emit",        "odd:emit_and_exit",
                               "odd:ask_wrongly", "odd:ask_forever",
                               "odd:log_forever", "odd:ask_late",
                               "odd:obey",        "odd:invoke",
                               "odd:announce",    "odd:hang_with_effect",
                               "odd:tell",        "odd:task",
                               "odd:program",     "odd:stream"})
        tools.emplace_back(tool);
      const json::Value handler = json::Object{{"kind", "odd:asked"}, {"idempotent", false}, {"replay_key", true}};
      say(answer_line(message.id, json::Object{{"protocol", there("newer") ? 2 : 1},
                                               {"tools", std::move(tools)},
                                               {"handlers", json::Array{handler}},
                                               {"offers", json::Array{"tool/status"}}}));
    } else if (message.method == "tool/call") {
      call(message);
    } else if (message.method == "tool/status") {
      const std::string receipt(json::string_or(message.body, "receipt_id", ""));
      if (there("applied-" + receipt) && there("tacit"))
        say(answer_line(message.id, json::Object{{"status", "applied"}}));
      else if (there("applied-" + receipt))
        say(answer_line(message.id,
                        json::Object{{"status", "applied"}, {"result", data(json::Object{{"done", true}})}}));
      else
        say(answer_line(message.id, json::Object{{"status", there("forgetful") ? "unknown" : "not_applied"}}));
    } else if (message.method == "event/handle") {
      handle(message);
    } else if (message.method == "event/replay_key") {
      const json::Value* key = message.body.at_pointer("/event/payload/job");
      say(key == nullptr ? refusal_line(message.id, Error(ErrorCode::kInvalidInput, "no job"))
                         : answer_line(message.id, json::Object{{"key", *key}}));
    } else if (message.method == "pack/shutdown") {
      say(answer_line(message.id, json::Object{}));
      touch("shut-down");
      return 0;
    }
  }
}
