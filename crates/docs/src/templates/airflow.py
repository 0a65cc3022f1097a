"""DAGs of the dwc project {{ name[1:-1] }}, written by `dwc export airflow`.

Export them again when sources or models change. Each task runs `dwc`; what it does is in the project's documentation.
Exit code 99 means that the source of a task could not be reached: the task is skipped, and the next run catches up.
"""

from datetime import timedelta

import pendulum

try:  # Airflow 3
    from airflow.providers.standard.operators.bash import BashOperator
    from airflow.sdk import DAG, Param
except ImportError:  # Airflow 2
    from airflow import DAG
    from airflow.models.param import Param
    from airflow.operators.bash import BashOperator

DWC = {{ command }}
ZONE = {{ zone }}
DEFAULTS = {
    "pool": {{ pool }},
    "retries": {{ retries }},
    "retry_delay": timedelta(minutes=5),
    "retry_exponential_backoff": True,
}
TIME = {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9:]{2,8})?$"}
INTERVAL = {
    "from": Param("2026-01-01T00", **TIME, description="The start of the interval, in UTC"),
    "to": Param("2026-01-01T01", **TIME, description="The end of the interval, in UTC, exclusive"),
}


def dag(name, description, schedule, land, load, params=None):
    """The tasks of one schedule: every source is landed, then the models are loaded."""
    # A parameter is handed on by the environment, so that no value of it is taken for a command.
    env = {key: "{% raw %}{{ params['%s'] }}{% endraw %}" % name for key, name in (("DWC_FROM", "from"), ("DWC_TO", "to"))} if params else None
    made = DAG(
        dag_id={{ id|tojson }} + "_" + name,
        description=description,
        schedule=schedule,
        start_date=pendulum.datetime(2026, 1, 1, tz=ZONE),
        catchup=False,
        max_active_runs=1,
        params=params,
        default_args=DEFAULTS,
        tags=["dwc"],
    )
    tasks = {}

    def task(task_id, arguments, mode, after):
        tasks[task_id] = BashOperator(
            task_id=task_id,
            bash_command=f"{DWC} run --wait 1h {mode} {arguments}",
            skip_on_exit_code=99,
            env=env,
            append_env=True,
            # Where some sources were skipped, what the others gave is loaded.
            trigger_rule="none_failed_min_one_success" if after else "all_success",
            dag=made,
        )
        for other in after:
            tasks[other] >> tasks[task_id]

{%- for task in sources %}
    task({{ task.id|tojson }}, {{ task.arguments }}, land, [])
{%- endfor %}
{%- for task in models %}
    task({{ task.id|tojson }}, {{ task.arguments }}, load, {{ task.after|tojson }})
{%- endfor %}
    return made


hourly = dag("hourly", "Loads new data", "0 * * * *", "", "")
nightly = dag("nightly", "Reads everything, to find deletes", "0 2 * * *", "--mode full", "--mode full")
interval = dag(
    "interval",
    "Reads an interval again, started by hand",
    None,
    '--mode interval --from "$DWC_FROM" --to "$DWC_TO"',
    "",
    params=INTERVAL,
)
