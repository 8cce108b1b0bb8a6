{{/* The names of all Deployments of couch2pg and the dataemon, as YAML. */}}
{{- define "cht-sync.processes" -}}
{{- $names := list -}}
{{- if .Values.couch2pg.oneProcess -}}
{{- $names = list "cht-sync-couch2pg" -}}
{{- else -}}
{{- range (include "cht-sync.servers" (dict "root" .) | fromYaml).servers -}}
{{- $names = append $names (printf "cht-sync-couch2pg--%s" .id) -}}
{{- end -}}
{{- end -}}
{{- range $index, $_ := .Values.dbt_selectors | default (list "") -}}
{{- $names = append $names (printf "cht-sync-dbt-%d" $index) -}}
{{- end -}}
{{ dict "names" $names | toYaml }}
{{- end }}

{{/* What works, but may not be what was meant, as YAML. */}}
{{- define "cht-sync.warnings" -}}
{{- $warnings := list -}}
{{- $tag := include "cht-sync.text" .Values.image_tag -}}
{{- if and $tag (not (include "cht-sync.ownTag" .)) -}}
{{- $warnings = append $warnings (printf "image_tag %s is one of medic/cht-sync's images and not used; the images are of %s." $tag (.Values.image.tag | default .Chart.AppVersion)) -}}
{{- end -}}
{{- if and .Values.postgres.enabled (not (has .Values.postgres.host (list "postgres" "" nil))) -}}
{{- $warnings = append $warnings (printf "postgres.enabled runs a PostgreSQL, but %s is used: postgres.host names it." .Values.postgres.host) -}}
{{- end -}}
{{- if and .Values.postgres.enabled (not .Values.postgres.existingSecret) .Values.postgres.password -}}
{{- $warnings = append $warnings "PostgreSQL takes its role and password from the values only when its volume is new; later they are changed in it, too (ALTER ROLE ... PASSWORD)." -}}
{{- end -}}
{{- if .Values.postgres.enabled -}}
{{- $warnings = append $warnings "Nobody backs up the volume postgres-pvc but you. `helm uninstall` leaves it." -}}
{{- end -}}
{{- if and .Values.medic_ingress.enabled (not .Values.metrics_exporter.enabled) -}}
{{- $warnings = append $warnings "medic_ingress.enabled implies metrics_exporter.enabled." -}}
{{- end -}}
{{- if contains "medic/cht-pipeline" (.Values.cht_pipeline_branch_url | default "") -}}
{{- $warnings = append $warnings "cht_pipeline_branch_url names medic/cht-pipeline. Left out, the package that comes with CHT Sync is used, with the same models and columns." -}}
{{- end -}}
{{ dict "warnings" $warnings | toYaml }}
{{- end }}
