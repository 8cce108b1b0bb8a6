{{/* The port as given: v2's values may leave it empty. */}}
{{- define "cht-sync.postgresPort" -}}
{{- include "cht-sync.text" (.Values.postgres.port | default 5432) -}}
{{- end }}

{{/* Where the password is, as YAML: secret and key. dict root, own (the component's postgres values). */}}
{{- define "cht-sync.postgresSecret" -}}
{{- $postgres := .root.Values.postgres -}}
{{- if .own.existingSecret -}}
secret: {{ .own.existingSecret }}
key: {{ .own.secretKeys.password }}
{{- else if $postgres.existingSecret -}}
secret: {{ $postgres.existingSecret }}
key: {{ $postgres.secretKeys.password }}
{{- else -}}
secret: cht-sync-postgres
key: password
{{- end -}}
{{- end }}

{{/* The name of the role, as the rest of an entry of `env`. dict root, own. */}}
{{- define "cht-sync.postgresUser" -}}
{{- $postgres := .root.Values.postgres -}}
{{- if and .own.existingSecret .own.secretKeys.user -}}
valueFrom:
  secretKeyRef:
    name: {{ .own.existingSecret }}
    key: {{ .own.secretKeys.user }}
{{- else if .own.user -}}
value: {{ .own.user | quote }}
{{- else if and $postgres.existingSecret $postgres.secretKeys.user -}}
valueFrom:
  secretKeyRef:
    name: {{ $postgres.existingSecret }}
    key: {{ $postgres.secretKeys.user }}
{{- else -}}
value: {{ $postgres.user | quote }}
{{- end -}}
{{- end }}

{{/* The environment of whatever connects to PostgreSQL: dict root, own. */}}
{{- define "cht-sync.postgresEnv" -}}
{{- $postgres := .root.Values.postgres -}}
- name: POSTGRES_HOST
  value: {{ $postgres.host | default "postgres" | quote }}
- name: POSTGRES_PORT
  value: {{ include "cht-sync.postgresPort" .root | quote }}
- name: POSTGRES_USER
  {{- include "cht-sync.postgresUser" . | nindent 2 }}
- name: POSTGRES_PASSWORD_FILE
  value: /etc/cht-sync/postgres/password
- name: POSTGRES_DB
  value: {{ $postgres.db | quote }}
- name: POSTGRES_SCHEMA
  value: {{ $postgres.schema | quote }}
- name: POSTGRES_TABLE
  value: {{ $postgres.table | quote }}
- name: POSTGRES_SSLMODE
  value: {{ $postgres.sslmode | quote }}
{{- with $postgres.tls }}
{{- if or .ca.secret .ca.configMap }}
- name: POSTGRES_CA_FILE
  value: /etc/cht-sync/postgres/ca.crt
{{- end }}
{{- if .client.secret }}
- name: POSTGRES_CERT_FILE
  value: /etc/cht-sync/postgres/tls.crt
- name: POSTGRES_KEY_FILE
  value: /etc/cht-sync/postgres/tls.key
{{- end }}
{{- end }}
{{- end }}

{{/* Its files, as sources of a projected volume: dict root, own. */}}
{{- define "cht-sync.postgresFiles" -}}
{{- $secret := include "cht-sync.postgresSecret" . | fromYaml -}}
- secret:
    name: {{ $secret.secret }}
    items:
      - key: {{ $secret.key }}
        path: postgres/password
{{- include "cht-sync.tlsFiles" (dict "tls" .root.Values.postgres.tls "folder" "postgres") }}
{{- end }}

{{/* Files of TLS, as sources of a projected volume, with a line break before: dict tls, folder. */}}
{{- define "cht-sync.tlsFiles" -}}
{{- if .tls.ca.secret }}
- secret:
    name: {{ .tls.ca.secret }}
    items:
      - key: {{ .tls.ca.key }}
        path: {{ .folder }}/ca.crt
{{- else if .tls.ca.configMap }}
- configMap:
    name: {{ .tls.ca.configMap }}
    items:
      - key: {{ .tls.ca.key }}
        path: {{ .folder }}/ca.crt
{{- end }}
{{- if .tls.client.secret }}
- secret:
    name: {{ .tls.client.secret }}
    items:
      - key: {{ .tls.client.certKey }}
        path: {{ .folder }}/tls.crt
      - key: {{ .tls.client.keyKey }}
        path: {{ .folder }}/tls.key
{{- end }}
{{- end }}
