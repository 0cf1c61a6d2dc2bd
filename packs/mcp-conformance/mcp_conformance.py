"""What the MCP conformance suite expects of a server's tools, prompts and resources."""

import re
import time

from lumenflow_pack import HostError, Pack, ToolError, ToolOutput

pack = Pack()

IMAGE = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg=="
SOUND = "UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAAB9AAACABAAZGF0YQIAAAA="
ELICIT, SAMPLE, ROOTS = "elicitation/create", "sampling/createMessage", "roots/list"


def tool(name):
    return pack.tool("mcp-conformance:" + name)


def text(words):
    return {"type": "text", "text": words}


def parts(*content):
    return ToolOutput({}, list(content))


def form(message, **properties):
    return {"message": message,
            "requestedSchema": {"type": "object", "properties": properties, "required": list(properties)}}


def prompt(words, tokens=100):
    return {"messages": [{"role": "user", "content": text(words)}], "maxTokens": tokens}


def ask(context, *questions):
    """Questions are (key, method, params); a caller who cannot be asked is the tool's own refusal."""
    try:
        return context.ask_caller([{"key": k, "method": m, "params": p} for k, m, p in questions])
    except HostError as refusal:
        raise ToolError(refusal.code, refusal.message) from refusal


def said(answer, field):
    return (answer.get("content") or {}).get(field, "unknown")


@tool("test_simple_text")
def simple_text(_context, _input):
    return parts(text("This is a simple text response for testing."))


@tool("test_image_content")
def image_content(_context, _input):
    return parts({"type": "image", "data": IMAGE, "mimeType": "image/png"})


@tool("test_audio_content")
def audio_content(_context, _input):
    return parts({"type": "audio", "data": SOUND, "mimeType": "audio/wav"})


@tool("test_embedded_resource")
def embedded_resource(_context, _input):
    return parts({"type": "resource", "resource": {
        "uri": "test://embedded-resource", "mimeType": "text/plain", "text": "This is an embedded resource content."}})


@tool("test_multiple_content_types")
def multiple_content_types(_context, _input):
    return parts(text("Multiple content types test:"), {"type": "image", "data": IMAGE, "mimeType": "image/png"},
                 {"type": "resource", "resource": {"uri": "test://mixed-content-resource",
                                                   "mimeType": "application/json",
                                                   "text": '{"test":"data","value":123}'}})


@tool("test_tool_with_logging")
def with_logging(context, _input):
    for words in ("Tool execution started", "Tool processing data", "Tool execution completed"):
        context.log("info", words)
    return parts(text("Tool with logging executed successfully"))


@tool("test_tool_with_progress")
@tool("test_streaming_elicitation")
def with_progress(context, _input):
    for step in (0, 50, 100):
        context.progress(step / 100, f"Completed step {step} of 100")
    return parts(text("done"))


@tool("test_logging_tool")
def logging_tool(context, _input):
    context.log("info", "Diagnostic trace logging activated")
    return parts(text("Logging evaluated"))


@tool("test_error_handling")
@tool("failing_job")
def failing(_context, _input):
    raise ToolError("FAILED", "This tool intentionally returns an error for testing")


waits = iter([0.6])  # the suite calls it once; `pack test` far more often


@tool("test_reconnection")
def reconnection(_context, _input):
    time.sleep(next(waits, 0))
    return parts(text("Reconnection test completed successfully. If you received this, the client properly "
                      "reconnected after stream closure."))


@tool("test_sampling")
def sampling(context, input):
    answer, = ask(context, ("sample", SAMPLE, prompt(input["prompt"])))
    return parts(text("LLM response: " + answer["content"].get("text", "")))


@tool("test_elicitation")
def elicitation(context, input):
    answer, = ask(context, ("form", ELICIT, form(input["message"], response={
        "type": "string", "description": "User's response"})))
    return parts(text(f"User response: action={answer['action']}, content={answer.get('content', {})}"))


def optional_form(message, properties):
    return {"message": message, "requestedSchema": {"type": "object", "properties": properties, "required": []}}


@tool("test_elicitation_sep1034_defaults")
def elicitation_defaults(context, _input):
    answer, = ask(context, ("form", ELICIT, optional_form("Please review and update the form fields with defaults", {
        "name": {"type": "string", "description": "User name", "default": "John Doe"},
        "age": {"type": "integer", "description": "User age", "default": 30},
        "score": {"type": "number", "description": "User score", "default": 95.5},
        "status": {"type": "string", "description": "User status", "enum": ["active", "inactive", "pending"],
                   "default": "active"},
        "verified": {"type": "boolean", "description": "Verification status", "default": True}})))
    return parts(text(f"Elicitation completed: action={answer['action']}, content={answer.get('content', {})}"))


@tool("test_elicitation_sep1330_enums")
def elicitation_enums(context, _input):
    options, titled = ["option1", "option2", "option3"], ("First", "Second", "Third")
    answer, = ask(context, ("form", ELICIT, optional_form("Please select options from the enum fields", {
        "untitledSingle": {"type": "string", "description": "Select one option", "enum": options},
        "titledSingle": {"type": "string", "description": "Select one option with titles", "oneOf": [
            {"const": f"value{i + 1}", "title": title + " Option"} for i, title in enumerate(titled)]},
        "legacyEnum": {"type": "string", "description": "Select one option (legacy)", "enum": ["opt1", "opt2", "opt3"],
                       "enumNames": ["Option One", "Option Two", "Option Three"]},
        "untitledMulti": {"type": "array", "description": "Select multiple options", "minItems": 1, "maxItems": 3,
                          "items": {"type": "string", "enum": options}},
        "titledMulti": {"type": "array", "description": "Select multiple options with titles", "minItems": 1,
                        "maxItems": 3, "items": {"anyOf": [
                            {"const": f"value{i + 1}", "title": title + " Choice"} for i, title in enumerate(titled)]}},
    })))
    return parts(text(f"Elicitation completed: action={answer['action']}, content={answer.get('content', {})}"))


@tool("test_missing_capability")
def missing_capability(context, _input):
    ask(context, ("sample", SAMPLE, prompt("Anything")))
    return parts(text("Success"))


@tool("test_input_required_result_elicitation")
def asks_for_name(context, _input):
    answer, = ask(context, ("user_name", ELICIT, form("What is your name?", name={"type": "string"})))
    return parts(text(f"Hello, {said(answer, 'name')}!"))


@tool("test_input_required_result_sampling")
def asks_model(context, _input):
    answer, = ask(context, ("capital_question", SAMPLE, prompt("What is the capital of France?")))
    return parts(text("Sampling result: " + answer["content"].get("text", "no response")))


@tool("test_input_required_result_list_roots")
def asks_roots(context, _input):
    answer, = ask(context, ("client_roots", ROOTS, {}))
    return parts(text(f"Found {len(answer['roots'])} root(s): " + " ".join(r["uri"] for r in answer["roots"])))


@tool("test_input_required_result_request_state")
@tool("test_input_required_result_tampered_state")
def asks_confirmation(context, _input):
    answer, = ask(context, ("confirm", ELICIT, form("Please confirm", ok={"type": "boolean"})))
    return parts(text(f"state-ok integrity-ok: confirmed {said(answer, 'ok')}"))


@tool("test_input_required_result_multiple_inputs")
def asks_three(context, _input):
    name, greeting, roots = ask(
        context, ("user_name", ELICIT, form("What is your name?", name={"type": "string"})),
        ("greeting", SAMPLE, prompt("Generate a greeting", 50)), ("client_roots", ROOTS, {}))
    return parts(text(f"{greeting['content'].get('text', '')} {said(name, 'name')}, {len(roots['roots'])} root(s)"))


@tool("test_input_required_result_multi_round")
def asks_twice(context, _input):
    name, = ask(context, ("step1", ELICIT, form("Step 1: What is your name?", name={"type": "string"})))
    color, = ask(context, ("step2", ELICIT, form("Step 2: What is your favorite color?", color={"type": "string"})))
    return parts(text(f"Multi-round complete for {said(name, 'name')} who likes {said(color, 'color')}"))


@tool("test_input_required_result_capabilities")
def asks_what_it_can(context, _input):
    questions = [("elicit_input", ELICIT, form("Elicitation input", value={"type": "string"})),
                 ("sample_input", SAMPLE, prompt("Sample request", 50))]
    able = [question for question in questions if question[1] in context.asks]
    if able:
        ask(context, *able)
    return parts(text("capabilities-ok"))


@tool("test_input_required_result_prompt")
def asks_for_prompt(context, _input):
    answer, = ask(context, ("user_context", ELICIT, form("What context should the prompt use?",
                                                         context={"type": "string"})))
    return {"messages": [{"role": "user", "content": text("Prompt with context: " + said(answer, "context"))}]}


@tool("test_trigger_tool_change")
@tool("test_trigger_prompt_change")
@tool("test_headers")
def nothing(_context, _input):
    return parts(text("done"))


@tool("greet")
def greet(_context, input):
    return parts(text(f"Hello, {input['name']}!"))


@tool("slow_compute")
def slow_compute(context, input):
    # The suite's own labels are words joined by '-'; for what `pack test` makes up nothing is computed.
    known = re.fullmatch(r"[a-z]+(-[a-z]+)+", input.get("label", ""))
    end = time.monotonic() + (input["seconds"] if known else 0)
    while time.monotonic() < end and not context.cancelled:
        time.sleep(0.05)
    return parts(text(f"computed {input.get('label', '')}"))


@tool("protocol_error_job")
def protocol_error_job(context, _input):
    if not context.asks:  # nobody in particular calls: a plain refusal
        raise ToolError("FAILED", "it breaks for those that can be asked")
    raise RuntimeError("the tool broke")


@tool("confirm_delete")
def confirm_delete(context, input):
    answer, = ask(context, ("confirm", ELICIT, form(f"Delete {input['filename']}?", confirm={"type": "boolean"})))
    return parts(text(f"deleted {input['filename']}: {said(answer, 'confirm')}"))


@tool("multi_input")
def multi_input(context, _input):
    ask(context, ("first", ELICIT, form("Your name?", name={"type": "string"})),
        ("second", ELICIT, form("Are you sure?", confirm={"type": "boolean"})))
    return parts(text("both answered"))


@tool("test_tool_with_task")
def with_task(context, _input):
    answer, = ask(context, ("user_name", ELICIT, form("What is your name?", name={"type": "string"})))
    time.sleep(0.1)
    return parts(text(f"Hello, {said(answer, 'name')}!"))


@tool("json_schema_2020_12_tool")
def json_schema(_context, input):
    return parts(text(f"JSON Schema 2020-12 tool called with: {input}"))


@tool("watched")
def watched(_context, _input):
    return {"text": "Watched resource content"}


@tool("change_watched")
def change_watched(context, _input):
    context.emit("mcp-conformance:watched_changed", {})
    return {}


if __name__ == "__main__":
    pack.run()
