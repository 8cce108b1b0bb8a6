"""Has dbt do once what it does again and again for every model, with the same outcome each time.

It runs dozens of times in the tests, on the same package; by profile, this is a fifth of what a run of all models takes.
"""

import functools


def take_shortcuts():
    from dbt_common.behavior_flags import BehaviorFlagRendered
    from dbt_common.clients import agate_helper
    from dbt_common.clients.jinja import MacroFuzzEnvironment
    from dbt_common.tests import enable_test_caching

    # What dbt has for its own tests: it parses no text twice, above all not that of its own macros.
    enable_test_caching()

    compile_template = MacroFuzzEnvironment.compile

    compiled = {}

    # All environments of a class have the same extensions and filters, so that the same text becomes the same code.
    def compile_once(environment, source, *args, **kwargs):
        if args or kwargs or not isinstance(source, str):
            return compile_template(environment, source, *args, **kwargs)
        key = (type(environment), source)
        if key not in compiled:
            compiled[key] = compile_template(environment, source)
        return compiled[key]

    MacroFuzzEnvironment.compile = compile_once

    build_type_tester = agate_helper.build_type_tester
    build_once = functools.lru_cache(maxsize=256)(build_type_tester)
    agate_helper.build_type_tester = lambda text_columns, string_null_values=("null", ""): build_once(
        frozenset(text_columns), string_null_values
    )

    # Who declares a flag of an adapter; found by a walk over the stack and all modules.
    BehaviorFlagRendered._default_source = staticmethod(functools.lru_cache(BehaviorFlagRendered._default_source))

