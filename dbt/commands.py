"""What the worker can be told to do, each by one call of dbt."""

import os

import yaml

from plans import PlanWatch, compiled_sql
from summary import BUILT, summarise_manifest, summarise_result

# Nothing is logged, printed, written or sent over the network that nobody asked for.
QUIET = [
    "--no-write-json",
    *("--log-level", "none", "--log-level-file", "none"),
    *("--no-use-colors", "--no-print", "--no-version-check", "--no-send-anonymous-usage-stats"),
]


class DbtFailed(Exception):
    """dbt did not do what it was asked to; the message is its own."""


class Commands:
    def __init__(self, runner):
        self.runner = runner
        # By project folder, so that a package can be tried while the last good one stays in use.
        self.manifests = {}

    def do(self, request, notify):
        command = getattr(self, "do_" + request["command"], None)
        if command is None:
            raise DbtFailed("unknown command " + request["command"])
        return command(request, notify)

    def do_ping(self, request, notify):
        return {"loaded": sorted(self.manifests)}

    def do_deps(self, request, notify):
        """Installs the packages of a project; tells which there are and the selectors that each names."""
        self.invoke(["deps"], request)
        installed = os.path.join(request["project"], "dbt_packages")
        folders = [os.path.join(installed, name) for name in sorted(os.listdir(installed))] if os.path.isdir(installed) else []
        return {"packages": [describe_package(folder) for folder in folders if os.path.isdir(folder)]}

    def do_load(self, request, notify):
        """Parses a project and keeps its manifest; tells what it builds and which of it is selected."""
        manifest = self.invoke(["parse", *variables(request)], request).result
        wanted = ["list", *resource_types(), "--output", "json", "--output-keys", "unique_id"]
        listed = self.invoke([*wanted, *selection(request), *variables(request)], request, manifest).result
        self.manifests[request["project"]] = manifest
        return {
            **summarise_manifest(manifest),
            "selected": [yaml.safe_load(line)["unique_id"] for line in listed],
        }

    def do_unload(self, request, notify):
        self.manifests.pop(request["project"], None)
        return None

    def do_run(self, request, notify):
        """Runs models of a loaded project; that some fail is a result, not an error."""
        manifest = self.manifests.get(request["project"])
        if manifest is None:
            raise DbtFailed("not loaded: " + request["project"])
        forget_compiled(manifest)

        def on_event(event):
            if event.info.name == "NodeStart":
                notify("started", event.data.node_info.unique_id)
            elif event.info.name == "NodeFinished":
                # By then it is committed.
                is_built = event.data.run_result.status == "success"
                notify("built" if is_built else "finished", event.data.node_info.unique_id)

        command = ["build", *resource_types()] if has_more_than_models(manifest) else ["run"]
        args = [*command, "--threads", str(request["threads"]), *selection(request), *variables(request)]
        if request.get("fullRefresh"):
            args.append("--full-refresh")
        left_out = [] if request.get("hooks") == "all" else hooks_of_users(manifest)
        for node in left_out:
            del manifest.nodes[node.unique_id]
        try:
            finished = self.invoke(args, request, manifest, [on_event], may_fail=True)
        finally:
            manifest.nodes.update({node.unique_id: node for node in left_out})
        return {"nodes": [summarise_result(result) for result in finished.result.results]}

    def do_test(self, request, notify):
        """Runs the data tests of a loaded project, all or those of some models; that some fail is a result, not an error."""
        manifest = self.manifests.get(request["project"])
        if manifest is None:
            raise DbtFailed("not loaded: " + request["project"])
        forget_compiled(manifest)
        # Of the tests that read several models, those all of which are there.
        wanted = ["test", "--exclude-resource-type", "unit_test", "--indirect-selection", "buildable"]
        args = [*wanted, "--threads", str(request["threads"]), *selection(request), *variables(request)]
        finished = self.invoke(args, request, manifest, may_fail=True)
        results = getattr(finished.result, "results", None) or []
        return {"nodes": [summarise_result(result) for result in results if str(result.node.resource_type) == "test"]}

    def do_plan(self, request, notify):
        """Compiles models twice, to see which come out the same, and asks their package for the plans of these."""
        manifest = self.manifests.get(request["project"])
        if manifest is None:
            raise DbtFailed("not loaded: " + request["project"])
        watch = PlanWatch()
        first, again = (self.compile(request, manifest, watch) for _ in range(2))
        static = {id: sql for id, sql in first.items() if again.get(id) == sql and id not in watch.asking}
        ids = [id for id in request["plannable"] if id in static]
        if ids:
            args = yaml.safe_dump({"ids": ids})
            operation = ["run-operation", "cht_pipeline.increment_plans", "--args", args, *variables(request)]
            self.invoke(operation, request, manifest, [watch])
        return {"plans": {id: {**plan, "compiled": static[id]} for id, plan in watch.plans.items()}}

    def compile(self, request, manifest, watch):
        forget_compiled(manifest)
        args = ["compile", "--threads", str(request["threads"]), *selection(request), *variables(request)]
        return compiled_sql(self.invoke(args, request, manifest, [watch], may_fail=True).result)

    def invoke(self, args, request, manifest=None, callbacks=(), may_fail=False):
        project = request["project"]
        target = os.path.join(project, request.get("target", "target"))
        folders = ["--project-dir", project, "--profiles-dir", project, "--log-path", target]
        errors = []

        def on_error(event):
            if event.info.level == "error":
                errors.append(event.info.msg)

        # `deps` is the one command that knows no target path.
        if args[0] != "deps":
            folders += ["--target-path", target]
        finished = self.runner(manifest=manifest, callbacks=[*callbacks, on_error]).invoke([*args, *folders, *QUIET])
        if isinstance(finished.exception, KeyboardInterrupt):
            raise finished.exception
        if finished.exception is not None:
            raise DbtFailed(str(finished.exception)) from finished.exception
        if finished.success or (may_fail and finished.result is not None):
            return finished
        raise DbtFailed("\n".join(errors) or "dbt {} failed without a word".format(args[0]))


def describe_package(folder):
    return {"folder": folder, "selectors": selector_names(os.path.join(folder, "selectors.yml"))}


def selector_names(path):
    """The names in a selectors.yml; none when there is no such file or it is not one."""
    try:
        with open(path, encoding="utf-8") as file:
            content = yaml.safe_load(file) or {}
        return [selector["name"] for selector in content.get("selectors", [])]
    except (OSError, yaml.YAMLError, AttributeError, KeyError, TypeError):
        return []


def selection(request):
    if request.get("selector"):
        return ["--selector", request["selector"]]
    select = request.get("select") or []
    exclude = request.get("exclude") or []
    return (["--select", *select] if select else []) + (["--exclude", *exclude] if exclude else [])


def resource_types():
    return [arg for kind in BUILT for arg in ("--resource-type", kind)]


def has_more_than_models(manifest):
    """Whether a project has snapshots or seeds, which `dbt run` leaves out."""
    return any(str(node.resource_type) in BUILT and str(node.resource_type) != "model" for node in manifest.nodes.values())


def hooks_of_users(manifest):
    """What runs before and after all models, besides what cht_pipeline needs."""
    operations = [node for node in manifest.nodes.values() if str(node.resource_type) == "operation"]
    return [node for node in operations if node.package_name not in ("cht_pipeline", "cht_pipeline_base")]


def variables(request):
    return ["--vars", yaml.safe_dump(request["vars"])] if request.get("vars") else []


def forget_compiled(manifest):
    """dbt puts the CTEs of ephemeral models into a node once only; a warm manifest must not look done already."""
    for node in manifest.nodes.values():
        if getattr(node, "extra_ctes_injected", False):
            node.extra_ctes_injected = False
            node.extra_ctes = []
