"""What of the models can be carried out without dbt: their compiled SQL, and the plan that the package gives for it."""

import json

PLAN = "increment_plan "


class PlanWatch:
    """Hears what dbt tells of while it compiles and plans."""

    def __init__(self):
        self.asking = set()
        self.plans = {}

    def __call__(self, event):
        if event.info.name == "SQLQuery":
            # A model that asks the database while it is compiled may come out otherwise the next time.
            self.asking.add(event.data.node_info.unique_id)
        elif event.info.msg.startswith(PLAN):
            told = json.loads(event.info.msg[len(PLAN) :])
            self.plans[told["id"]] = told["plan"]


def compiled_sql(result):
    """The compiled SQL of each model that could be compiled."""
    return {
        item.node.unique_id: item.node.compiled_code
        for item in getattr(result, "results", None) or []
        if getattr(item.node, "compiled_code", None)
    }
