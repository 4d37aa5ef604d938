"""Jobs whose worker was killed, and what becomes of them: another worker takes them up.

A worker tells every ten seconds that it lives; whoever was silent for longer than half a minute is
taken for dead, though it may only have slept. So every task must be safe to run twice.
"""

import structlog
from procrastinate import App
from procrastinate.exceptions import ConnectorException, UniqueViolation
from procrastinate.jobs import Job, Status

# A job that was running at so many deaths is probably what they died of.
DEATHS = 5
_log = structlog.get_logger("foyer.jobs")


async def rescue_stalled(app: App) -> None:
    """Let the jobs of dead workers run again, but not for ever."""
    for job in await app.job_manager.get_stalled_jobs():
        try:
            await _rescue(app, job)
        except ConnectorException as error:
            # Another rescuer was faster, or its worker woke up and finished it.
            _log.info("A stalled job needed no help.", job=job.id, reason=str(error.__cause__))


async def _rescue(app: App, job: Job) -> None:
    if job.attempts + 1 >= DEATHS:
        await app.job_manager.finish_job(job, status=Status.FAILED, delete_job=False)
        _log.error("A job is given up: its workers died.", job=job.id, task=job.task_name)
        return
    try:
        await app.job_manager.retry_job(job)
    except UniqueViolation:
        # One that waits does the same.
        await app.job_manager.finish_job(job, status=Status.ABORTED, delete_job=False)
    _log.warning("A job's worker died.", job=job.id, task=job.task_name, deaths=job.attempts + 1)
