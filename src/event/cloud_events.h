// An event's envelope as CloudEvents 1.0 in JSON, and back without loss: what other systems' buses take.
//
// Pure functions; thread safe because stateless.
#pragma once

#include "lumenflow/json.h"
#include "lumenflow/result.h"

namespace lumenflow::event {

// Of an envelope, or of what a reader of the journal gets: an envelope with its `position` and `class`.
//
//   type = kind, id = event_id, source = /workspaces/<from>/<channel>, time = timestamp, data = the payload (of a flat
//   kind the object of its members); extensions: sequence = seq, queueseq, emittedat, schemaversion, onbehalfof,
//   traceparent = trace, position, class
//
// Numbers are decimal text: a CloudEvents integer has 32 bits, and as an HTTP header it would come back as text. In the
// source what no path segment may hold is percent-encoded. INVALID_INPUT names what has no place there.
Result<json::Value> to_cloud_event(const json::Value& envelope);

// The same envelope again, members in another order. INVALID_INPUT names the attribute that is not as above; extensions
// that are none of these, which a bus may have added, are skipped.
Result<json::Value> from_cloud_event(const json::Value& cloud_event);

}  // namespace lumenflow::event
