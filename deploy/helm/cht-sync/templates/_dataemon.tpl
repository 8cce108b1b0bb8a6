{{/* Whether the address of the package carries a token or password. */}}
{{- define "cht-sync.packageHasSecret" -}}
{{- if regexMatch "^[A-Za-z][A-Za-z0-9+.-]*://[^/]+@" (.Values.cht_pipeline_branch_url | default "") }}true{{ end -}}
{{- end }}

{{/* The environment of a dataemon besides PostgreSQL: dict root, selector, package (name and key of a Secret). */}}
{{- define "cht-sync.dataemonEnv" -}}
{{- $v := .root.Values -}}
- name: EMBEDDED_DATA_DIR
  value: /var/lib/cht-sync
- name: ROOT_POSTGRES_SCHEMA
  value: {{ $v.postgres.schema | quote }}
{{- if .package.name }}
- name: CHT_PIPELINE_BRANCH_URL
  valueFrom:
    secretKeyRef:
      name: {{ .package.name }}
      key: {{ .package.key }}
{{- else if $v.cht_pipeline_branch_url }}
- name: CHT_PIPELINE_BRANCH_URL
  value: {{ $v.cht_pipeline_branch_url | quote }}
{{- end }}
- name: DBT_THREAD_COUNT
  value: {{ include "cht-sync.text" ($v.dbt_thread_count | default 1) | quote }}
- name: DBT_BATCH_SIZE
  value: {{ include "cht-sync.text" ($v.dbt_batch_size | default 0) | quote }}
{{- with .selector }}
- name: DBT_SELECTOR
  value: {{ . | quote }}
{{- end }}
{{- end }}
