{{/* Stops with all that is wrong at once; what a schema can tell is in values.schema.json. */}}
{{- define "cht-sync.check" -}}
{{- $problems := list -}}
{{- $postgres := .Values.postgres -}}
{{- $secretHasUser := and $postgres.existingSecret $postgres.secretKeys.user -}}
{{- range $name := list "couch2pg" "dbt" -}}
{{- $own := get (get $.Values $name) "postgres" -}}
{{- $needsUser := not (or $postgres.user $secretHasUser $own.user (and $own.existingSecret $own.secretKeys.user)) -}}
{{- if $needsUser -}}
{{- $problems = append $problems (printf "postgres.user is not set: name the role that %s signs in with, or postgres.existingSecret with secretKeys.user" $name) -}}
{{- end -}}
{{- if not (or $postgres.password $postgres.existingSecret $own.existingSecret) -}}
{{- $problems = append $problems (printf "postgres.password is not set (%s): set it, or better postgres.existingSecret" $name) -}}
{{- end -}}
{{- end -}}
{{- if not $postgres.db -}}
{{- $problems = append $problems "postgres.db is not set: name the database" -}}
{{- end -}}
{{- if and .Values.dbt.existingClaim (gt (.Values.dbt.replicas | default 1 | int) 1) -}}
{{- $problems = append $problems "dbt.existingClaim is set, and dbt.replicas is more than 1: two processes cannot share a folder" -}}
{{- end -}}
{{- if not .Values.couchdbs -}}
{{- $problems = append $problems "couchdbs is empty: name at least one CouchDB server, by `host` and `password`" -}}
{{- end -}}
{{- $ids := dict -}}
{{- range $index, $server := (include "cht-sync.servers" (dict "root" .) | fromYaml).servers -}}
{{- $hasUser := or $server.user (and $server.existingSecret $server.secretKeys.user) -}}
{{- $hasPassword := or $server.password $server.existingSecret -}}
{{- if and $hasUser (not $hasPassword) -}}
{{- $problems = append $problems (printf "couchdbs[%d].password is not set, but a user is: set it, or better existingSecret" $index) -}}
{{- else if and $hasPassword (not $hasUser) -}}
{{- $problems = append $problems (printf "couchdbs[%d].user is not set, but a password is: set it, or couchdb.user" $index) -}}
{{- end -}}
{{- if hasKey $ids $server.id -}}
{{- $problems = append $problems (printf "couchdbs[%d] would have the name of couchdbs[%d], %s: give one of them a `name`" $index (get $ids $server.id | int) $server.id) -}}
{{- else -}}
{{- $_ := set $ids $server.id $index -}}
{{- end -}}
{{- end -}}
{{- with $problems -}}
{{- fail (printf "\n\nThe values are not complete:\n- %s\n" (join "\n- " .)) -}}
{{- end -}}
{{- end }}
