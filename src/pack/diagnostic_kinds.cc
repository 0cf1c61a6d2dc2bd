// The one table of diagnostic codes. A code is never given another meaning; one that is no longer used stays free.
#include "pack/diagnostic.h"

namespace lumenflow::pack {
namespace {

constexpr auto kError = Severity::kError;
constexpr auto kWarning = Severity::kWarning;

constexpr DiagnosticKind kKinds[] = {
    // manifest.yaml
    {"LF1001", "manifest-unreadable", kError,
     "The manifest is missing, or is not one strict YAML document: a syntax fault, a tab as indentation, a key twice "
     "in "
     "one map, a merge key, a second document, aliases that grow without bound, more than 64 levels or over 1 MiB.",
     "Mend the text at the place that is shown. Nothing else is checked until the file can be read."},
    {"LF1002", "unknown-field", kError,
     "The manifest has a field that nobody reads. It would have no effect, so it is most likely a misspelling.",
     "Write the field that was meant, or remove it."},
    {"LF1003", "missing-field", kError, "A field without which the rest has no meaning is absent.", "Add the field."},
    {"LF1004", "bad-value", kError,
     "A value is of the wrong type, not one of the words that may stand there, or does not follow its pattern.",
     "Write a value as the help says; a version, a number or `on` that is meant as text goes between quotes."},
    {"LF1005", "duplicate-pack", kError,
     "The pack's id, slug or config_key is taken by another loaded pack, or is reserved for the kernel or the "
     "conductor.",
     "Choose another name, or leave out one of the two packs."},
    {"LF1010", "pack-slug-prefix-mismatch", kError,
     "An emitted event kind does not begin with the pack's own slug. The prefix says who speaks, so no pack may use "
     "another's.",
     "Begin the kind with the slug and a colon, or change the slug."},
    {"LF1011", "kind-not-snake-case", kError,
     "An event kind is not `<slug>:<event_name_in_snake_case>`: it has no colon, or a part of it is malformed.",
     "Write lower-case words joined by single underscores behind the colon."},
    {"LF1012", "duplicate-kind", kError, "An event kind is listed twice, or two packs emit it.",
     "Remove one of the two."},
    {"LF1013", "missing-backpressure-policy", kError,
     "An emitted kind has no `ephemeral` or `queue` in `backpressure_policy`. Whether an event may be dropped under "
     "pressure is never guessed.",
     "Add an entry: `queue` keeps every event, `ephemeral` may drop old ones."},
    {"LF1014", "stray-backpressure-policy", kError,
     "`backpressure_policy` has an entry for a kind that the pack does not emit.",
     "Correct its name, remove it, or list the kind in `emitted_event_kinds`."},
    {"LF1015", "reserved-kind", kError, "The pack claims a kind that the kernel emits.",
     "Emit a kind of the pack's own; the kernel's kinds may be subscribed to."},
    {"LF1016", "unknown-subscription", kWarning,
     "A subscribed kind is declared by no pack that is loaded and not by the kernel. The pack that emits it may come "
     "later, so this is a warning; `--strict` makes it an error.",
     "Correct the name, load the pack that emits it, or remove the subscription."},
    {"LF1017", "policy-class-violation", kError,
     "The class of this kind is fixed: a request for approval must not be dropped, and some first-party kinds have a "
     "class that their readers rely on.",
     "Write the class that the help names."},
    {"LF1020", "duplicate-tool", kError,
     "Two tools answer to one name: a canonical name or an alias is taken, in this pack or in another.",
     "Rename one of them. Aliases are `<slug>:<name with ':' and '-' as '_'>`."},
    {"LF1021", "unsafe-scope", kError,
     "A scope's pattern has a `..` segment or a NUL, is absolute, or names something under `.lumenflow/`.",
     "Name a path inside the workspace, relative to its root."},
    {"LF1022", "broad-write-scope", kError, "A write scope covers the whole workspace.",
     "Name the folder or the files that the tool writes."},
    {"LF1023", "permission-scope-mismatch", kError,
     "A read tool has a write scope, or a write tool has nothing that it could change.",
     "Make the permission say what the scopes allow."},
    {"LF1024", "bad-schema", kError,
     "A schema is not valid JSON Schema 2020-12, its type is not object, or its file cannot be read.",
     "Correct the schema at the place that is named."},
    {"LF1025", "undeclared-approval", kError,
     "A tool or a handler asks for an approval that the pack does not list in `required_approvals`.",
     "List it there, so that operators see every approval of the pack in one place."},
    {"LF1026", "open-network", kError, "A tool may reach any host, or has an allowlist without a host.",
     "Write `posture: allowlist` and name the hosts."},
    {"LF1027", "scope-not-mountable", kError,
     "A pack that runs in a sandbox has a write scope that cannot be mounted: neither a literal file nor `dir/**`.",
     "Name one file, or a folder with everything below it."},
    {"LF1030", "unknown-surface", kError, "`surfaces_required` names something that is no surface.",
     "Write `http`, `mcp` or `sidekick-channel`."},
    {"LF1031", "missing-handler", kError,
     "The pack subscribes to a kind without a handler in its code, or its code handles a kind without subscribing.",
     "Register the handler, or remove the subscription."},
    {"LF1032", "handler-not-replayable", kError,
     "A handler is neither marked idempotent nor has a replay key. It may be called twice with one event.",
     "Mark it idempotent when a second call changes nothing, else give it a replay key."},
    {"LF1033", "tool-not-implemented", kError,
     "The manifest declares a tool that the pack's code does not register, or the reverse.",
     "Make both name the same tools; a pack with tools needs a runtime."},
    {"LF1034", "rule-about-nothing", kWarning,
     "A policy rule of the pack is about no tool of the pack, and a pack's rules see no others.",
     "Name a tool of the pack, or remove the rule."},
    {"LF1040", "integrity-mismatch", kError, "The content of the pack is not what its pin was made for.",
     "Look at what changed. If it is as it should be, write the new hash into the pin."},
    {"LF1041", "unpinned-in-production", kError, "A pack has no content hash while the mode is production.",
     "Write `integrity: sha256:…` into the pin."},
    {"LF1042", "path-escape", kError,
     "A file that the manifest names lies outside the pack, or behind a symlink that "
     "leads out of it.",
     "Keep the file in the pack and name it relative to the manifest."},
    {"LF1050", "approval-provider-missing", kError,
     "Nobody is asked for an approval that the pack needs, so it is not activated; other packs run.",
     "Name a provider for it under `approval_providers` in lumenflow.yaml."},
    {"LF1051", "surface-unavailable", kError,
     "A surface that the pack needs is not enabled, so it is not activated; other packs run.",
     "Enable it under `surfaces` in lumenflow.yaml."},
    // content/event-types.json, base lists and catalogue.lock.json
    {"LF1061", "event-types-unreadable", kError, "An event manifest or a base list is not strict JSON, or no file.",
     "Mend the text at the place that is shown. Nothing else of it is checked until it can be read."},
    {"LF1062", "event-types-unknown-key", kError,
     "An event manifest has a member that nobody reads. It would have no effect, so it is most likely a misspelling.",
     "Write the member that was meant, or remove it."},
    {"LF1063", "event-types-missing-key", kError, "A member without which the rest has no meaning is absent.",
     "Add the member."},
    {"LF1064", "event-types-bad-value", kError,
     "A member is of the wrong type or out of its range. An integer is written as one: `1.0` and `1e3` are none.",
     "Write a value as the help says."},
    {"LF1065", "bad-event-type-id", kError,
     "A namespace or a name is not of lower-case words joined by single dashes, is too long (32 and 48 characters), or "
     "is the reserved namespace `kernel`.",
     "Choose another; the type's id is `namespace:name`."},
    {"LF1066", "duplicate-event-type", kError,
     "Two declarations of one event type, in one pack, in two, or in a pack and the core; types that only case tells "
     "apart are one.",
     "Rename one of the two, or remove it."},
    {"LF1067", "event-schema-missing", kError, "An event type names a schema that is not there.",
     "Add the file, or correct the path; it is relative to the event manifest."},
    {"LF1068", "event-schema-unreadable", kError, "An event type names a folder, or something else that is no file.",
     "Name a file that holds a JSON Schema."},
    {"LF1069", "event-path-escape", kError,
     "An event manifest or a schema lies outside the pack: by `..`, as an absolute path, or behind a symlink.",
     "Keep the file in the pack and name it relative to the one that refers to it."},
    {"LF1070", "event-schema-invalid", kError,
     "The schema of an event type is not JSON, not valid JSON Schema 2020-12, or has no canonical form.",
     "Correct the schema at the place that is shown."},
    {"LF1071", "event-pack-slug-mismatch", kError, "`packSlug` of an event manifest is not the slug of its pack.",
     "Write the slug that the manifest has."},
    {"LF1072", "event-version-lowered", kError,
     "An event type has a lower version than when it was generated last. Recordings name versions, so one never means "
     "two things.",
     "Write the version that it had, or a higher one."},
    {"LF1073", "event-schema-changed", kError,
     "The schema of an event type takes less than before under the same version, or it cannot be told whether it "
     "does. What was published and recorded under this version would not be valid any more.",
     "Write the next version, or take back the change."},
    {"LF1074", "event-types-gone", kError,
     "Event types that were generated before, or that the pack's manifest names, are declared nowhere: the event "
     "manifest is gone, or `event_types`, or the entry.",
     "Put back what is missing. `lumenflow generate --remove TYPE` lets a type go for good."},
    {"LF1075", "event-kind-undeclared", kError,
     "An event type is to be emitted as an event kind that the pack's manifest does not declare.",
     "List the kind in `emitted_event_kinds`, with its `backpressure_policy`."},
    {"LF1076", "event-type-not-removable", kError,
     "`--remove` names a type that is still declared, or one that was never generated.",
     "Take it out of its event manifest first, or correct the name."},
    {"LF1077", "catalogue-lock-unreadable", kError,
     "`catalogue.lock.json` is not as it was generated: no JSON, of a later format, changed by hand, or missing beside "
     "what was generated with it.",
     "Take it from the last commit; to begin anew, remove it and what was generated beside it."},
    {"LF1078", "automation-unknown-event", kError,
     "An automation waits for an event type or a kind that neither the core nor an active pack declares, so it would "
     "never run.",
     "Declare the type in the pack's `content/event-types.json` and run `lumenflow generate`, or correct the name."},
    {"LF1079", "catalogue-not-generated", kError,
     "The runtime event types of the active packs are not those of `catalogue/catalogue.lock.json`: code and "
     "recordings "
     "would mean other events.",
     "Run `lumenflow generate`, and build anew what includes its header."},
    // lumenflow.yaml
    {"LF2001", "config-unreadable", kError,
     "lumenflow.yaml is missing, or is not one strict YAML document: a syntax fault, a tab as indentation, a key twice "
     "in one map, a merge key, a second document, aliases that grow without bound, more than 64 levels or over 1 MiB.",
     "Mend the text at the place that is shown. Nothing else is checked until the file can be read."},
    {"LF2002", "unknown-key", kError, "The key is neither one of lumenflow.yaml nor the `config_key` of a loaded pack.",
     "Write the key that was meant, pin the pack it belongs to, or remove it."},
    {"LF2003", "missing-key", kError, "A key without which the rest has no meaning is absent.", "Add the key."},
    {"LF2004", "bad-value", kError,
     "A value is of the wrong type, out of its range, not one of the words that may stand there, or no duration or "
     "size.",
     "Write a value as the help says; durations are `500ms`, `30s`, `10m`, `24h`, `30d`, sizes `64KiB`, `1MiB`."},
    {"LF2005", "secret-literal", kError, "Something that looks like a credential is written out in the file.",
     "Refer to it with `env:NAME`, `file:PATH` or the keyring, and replace it, for it has been exposed."},
    {"LF2006", "unknown-pack", kError, "A pin names a pack, a version or a source that this program does not have.",
     "Correct the pin, remove it, or switch it off with `enabled: false`."},
    {"LF2007", "duplicate-pin", kError, "One pack is pinned twice.", "Keep one of the two pins."},
    {"LF2008", "duplicate-id", kError, "Two lanes, gates or policy rules of one list have the same id.",
     "Rename one of them."},
    {"LF2009", "unsafe-scope", kError,
     "A scope of the workspace or of a lane has a `..` segment or a NUL, is absolute, or names something under "
     "`.lumenflow/`.",
     "Name a path inside the workspace, relative to its root."},
    {"LF2010", "not-in-production", kError, "The setting is for development, and the mode is production.",
     "Write the setting that the help names, or leave it out."},
    {"LF2011", "config-section-invalid", kError, "A pack's section does not match the `config_schema` of that pack.",
     "Write the section as the pack's schema wants it."},
    {"LF2013", "no-effect", kWarning, "The setting is well-formed, and this version does nothing with it.",
     "Leave it out until a version acts on it."},
    {"LF2014", "rule-about-nothing", kWarning,
     "A policy rule names a tool, a pack or a lane that is not there, so that the condition never holds.",
     "Correct the name, or remove the rule; tools go by the names that their packs give them, not by aliases."},
    {"LF2015", "rule-without-provider", kError,
     "A rule, of the workspace or of a pack, or the default decision asks for an approval that nobody is there to "
     "give.",
     "Name a provider under `approval_providers` for `policy:<rule id>`, or decide `deny`."},
};

}  // namespace

std::span<const DiagnosticKind> diagnostic_kinds() { return kKinds; }

}  // namespace lumenflow::pack
