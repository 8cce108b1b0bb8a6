"""What of dbt's objects is told to the parent, under the names it has in manifest.json."""

# The nodes that become relations of the database.
BUILT = ("model", "snapshot", "seed")

INTERNAL_PACKAGES = {"dbt", "dbt_postgres"}


def summarise_manifest(manifest):
    built = (node for node in manifest.nodes.values() if str(node.resource_type) in BUILT)
    macros = (macro for macro in manifest.macros.values() if macro.package_name not in INTERNAL_PACKAGES)
    operations = (node for node in manifest.nodes.values() if str(node.resource_type) == "operation")
    return {
        "operations": [operation.raw_code for operation in operations],
        "nodes": {node.unique_id: summarise_node(node) for node in built},
        "macros": {
            macro.unique_id: {"macro_sql": macro.macro_sql, "depends_on": {"macros": macro.depends_on.macros}}
            for macro in macros
        },
        "sources": {
            source.unique_id: {"schema": source.schema, "identifier": source.identifier}
            for source in manifest.sources.values()
        },
    }


def summarise_node(node):
    whole = node.to_dict(omit_none=False)
    return {
        "resource_type": str(node.resource_type),
        "config": {
            "materialized": node.config.materialized,
            "incremental_strategy": getattr(node.config, "incremental_strategy", None),
            "hooks": [hook.sql for hook in [*node.config.pre_hook, *node.config.post_hook]],
        },
        "depends_on": {"nodes": getattr(node.depends_on, "nodes", []), "macros": node.depends_on.macros},
        **{key: whole.get(key) for key in ("name", "fqn", "schema", "alias", "raw_code", "unrendered_config")},
        **{key: whole.get(key) for key in ("contract", "columns", "constraints", "checksum")},
    }


def summarise_result(result):
    timing = [step for step in result.timing or [] if step.started_at and step.completed_at]
    return {
        "unique_id": result.node.unique_id,
        "name": result.node.name,
        "status": str(getattr(result.status, "value", result.status)),
        "message": result.message,
        "compiled_path": getattr(result.node, "compiled_path", None),
        "rows_affected": (result.adapter_response or {}).get("rows_affected"),
        "execution_time": result.execution_time,
        "started_at": min((step.started_at for step in timing), default=None),
        "completed_at": max((step.completed_at for step in timing), default=None),
    }
