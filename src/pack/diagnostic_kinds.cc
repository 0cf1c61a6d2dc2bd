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
