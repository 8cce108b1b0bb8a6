{{/*
The servers as YAML, each with what all have in common: dict root. An empty value of an entry counts as left out, but `false`
does not.
*/}}
{{- define "cht-sync.servers" -}}
{{- $common := .root.Values.couchdb -}}
{{- $servers := list -}}
{{- range .root.Values.couchdbs -}}
{{- $server := deepCopy $common -}}
{{- if or .password .existingSecret -}}
{{- $_ := unset $server "password" -}}
{{- $_ := unset $server "existingSecret" -}}
{{- end -}}
{{- range $key, $value := . -}}
{{- if not (or (kindIs "invalid" $value) (eq (toString $value) "")) -}}
{{- if kindIs "map" $value -}}
{{- $_ := set $server $key (mergeOverwrite (deepCopy (get $server $key | default dict)) $value) -}}
{{- else -}}
{{- $_ := set $server $key $value -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $_ := set $server "id" (include "cht-sync.dashed" ($server.name | default $server.host | default "")) -}}
{{- $servers = append $servers $server -}}
{{- end -}}
{{ dict "servers" $servers | toYaml }}
{{- end }}

{{/* The CONFIG_FILE that names servers: list of them, as `cht-sync.servers` gives them. */}}
{{- define "cht-sync.configFile" -}}
{{- $entries := list -}}
{{- range . -}}
{{- $folder := printf "/etc/cht-sync/couchdb/%s" .id -}}
{{- $entry := dict "host" .host "port" (include "cht-sync.text" .port) "secure" (toString .secure) -}}
{{- $_ := set $entry "databases" (kindIs "slice" .dbs | ternary .dbs (list .dbs) | join ",") -}}
{{- with .name }}{{ $_ := set $entry "name" . }}{{ end -}}
{{- with .feed }}{{ $_ := set $entry "feed" . }}{{ end -}}
{{- with .readers }}{{ $_ := set $entry "readers" (include "cht-sync.text" .) }}{{ end -}}
{{- if and .existingSecret .secretKeys.user -}}
{{- $_ := set $entry "user" (printf "${%s}" (include "cht-sync.userVariable" .)) -}}
{{- else if .user -}}
{{- $_ := set $entry "user" (replace "${" "$${" .user) -}}
{{- end -}}
{{- if or .password .existingSecret }}{{ $_ := set $entry "password_file" (printf "%s/password" $folder) }}{{ end -}}
{{- if or .tls.ca.secret .tls.ca.configMap }}{{ $_ := set $entry "ca_file" (printf "%s/ca.crt" $folder) }}{{ end -}}
{{- if .tls.client.secret -}}
{{- $_ := set $entry "cert_file" (printf "%s/tls.crt" $folder) -}}
{{- $_ := set $entry "key_file" (printf "%s/tls.key" $folder) -}}
{{- end -}}
{{- $entries = append $entries $entry -}}
{{- end -}}
{{ dict "couchdbs" $entries | toYaml }}
{{- end }}

{{/* The variable that holds the user of a server where a Secret names it. */}}
{{- define "cht-sync.userVariable" -}}
{{ printf "USER_OF_%s" (.id | upper | replace "-" "_") }}
{{- end }}

{{/* The environment of couch2pg for its servers: list of them. */}}
{{- define "cht-sync.couchdbEnv" -}}
- name: CONFIG_FILE
  value: /etc/cht-sync/couchdb.yaml
{{- range . }}
{{- if and .existingSecret .secretKeys.user }}
- name: {{ include "cht-sync.userVariable" . }}
  valueFrom:
    secretKeyRef:
      name: {{ .existingSecret }}
      key: {{ .secretKeys.user }}
{{- end }}
{{- end }}
{{- end }}

{{/* Its files, as sources of a projected volume: dict name (of the ConfigMap), servers. */}}
{{- define "cht-sync.couchdbFiles" -}}
- configMap:
    name: {{ .name }}
    items:
      - key: couchdb.yaml
        path: couchdb.yaml
{{- range .servers }}
{{- if or .password .existingSecret }}
- secret:
    name: {{ .existingSecret | default (printf "cht-sync-couch2pg--%s" .id) }}
    items:
      - key: {{ empty .existingSecret | ternary "password" .secretKeys.password }}
        path: couchdb/{{ .id }}/password
{{- end }}
{{- include "cht-sync.tlsFiles" (dict "tls" .tls "folder" (printf "couchdb/%s" .id)) }}
{{- end }}
{{- end }}
