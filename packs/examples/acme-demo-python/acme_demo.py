"""Runs pretended jobs, says when one is done, and proposes how to recover one."""

from lumenflow_pack import Pack

pack = Pack()


@pack.tool("acme-demo:run_job")
def run_job(context, input):
    """Where a real pack would do the work."""
    job_id = input["job_id"]
    done = {"job_id": job_id, "status": "ok"}
    context.store.put("jobs/" + job_id, done)
    # The job's id is the key: however often the job is run, it was completed once.
    context.emit("acme-demo:job_completed", done, idempotency_key=job_id)
    return done


def recovery_key(event):
    return f"{event['payload']['target_id']}/{event['payload'].get('turn_id', '')}"


@pack.handler("conductor:recovery_requested", replay_key=recovery_key)
def recover(context, event):
    """Proposes, and does nothing by itself. Writing under the job's id is an upsert: twice leaves what once leaves."""
    asked = event["payload"]
    if asked["target_pack"] != "acme-demo":
        return
    known = context.store.get("jobs/" + asked["target_id"]) is not None
    context.store.put("recoveries/" + asked["target_id"], {
        "known": known, "reason": asked["reason"], "proposal": "call acme-demo:run_job with this job_id again"})


if __name__ == "__main__":
    pack.run()
