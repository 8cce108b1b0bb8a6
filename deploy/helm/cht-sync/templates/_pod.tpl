{{/*
A Deployment of one of our processes: dict
  root, component, name, app (its label), container, image, values (of the component),
  env, files (sources of /etc/cht-sync), secrets (what restarts the pods when it changes), args, data (whether it keeps files).
Pods are replaced, not doubled: two of one kind would only stand by each other.
*/}}
{{- define "cht-sync.deployment" -}}
{{- $v := .root.Values -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .name }}
  labels:
    {{- include "cht-sync.labels" . | nindent 4 }}
spec:
  replicas: {{ .values.replicas | default 1 }}
  revisionHistoryLimit: 3
  # A pod is ready when it has caught up, and the first load may take hours.
  progressDeadlineSeconds: 604800
  strategy:
    type: Recreate
  selector:
    matchLabels:
      app: {{ include "cht-sync.labelValue" .app }}
  template:
    metadata:
      labels:
        {{- include "cht-sync.podLabels" . | nindent 8 }}
      annotations:
        checksum/config: {{ include "cht-sync.checksum" . }}
        {{- with $v.podAnnotations }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
    spec:
      {{- include "cht-sync.podPlacement" . | nindent 6 }}
      securityContext:
        {{- toYaml $v.podSecurityContext | nindent 8 }}
      containers:
        - name: {{ .container }}
          image: {{ include "cht-sync.image" . }}
          {{- with $v.image.pullPolicy }}
          imagePullPolicy: {{ . }}
          {{- end }}
          {{- with .args }}
          args: {{ toJson . }}
          {{- end }}
          env:
            {{- include "cht-sync.commonEnv" .root | nindent 12 }}
            {{- .env | nindent 12 }}
            {{- with .values.options }}
            {{- include "cht-sync.optionsEnv" . | nindent 12 }}
            {{- end }}
            {{- with .values.extraEnv }}
            {{- toYaml . | nindent 12 }}
            {{- end }}
          ports:
            - name: metrics
              containerPort: 9399
          startupProbe:
            httpGet: { path: /healthz, port: metrics }
            periodSeconds: 2
            failureThreshold: 60
          livenessProbe:
            httpGet: { path: /healthz, port: metrics }
            periodSeconds: 20
            timeoutSeconds: 10
            failureThreshold: 6
          readinessProbe:
            httpGet: { path: /readyz, port: metrics }
            periodSeconds: 10
            timeoutSeconds: 5
          resources:
            {{- include "cht-sync.resources" .values | nindent 12 }}
          securityContext:
            {{- toYaml $v.containerSecurityContext | nindent 12 }}
          volumeMounts:
            - name: config
              mountPath: /etc/cht-sync
              readOnly: true
            - name: tmp
              mountPath: /tmp
            {{- if .data }}
            - name: data
              mountPath: /var/lib/cht-sync
            {{- end }}
            {{- with $v.extraVolumeMounts }}
            {{- toYaml . | nindent 12 }}
            {{- end }}
      volumes:
        - name: config
          projected:
            defaultMode: 0440
            sources:
              {{- .files | nindent 14 }}
        - name: tmp
          emptyDir:
            sizeLimit: 1Gi
        {{- if .data }}
        - name: data
          {{- with .values.existingClaim }}
          persistentVolumeClaim:
            claimName: {{ . }}
          {{- else }}
          emptyDir:
            sizeLimit: {{ .values.dataSizeLimit }}
          {{- end }}
        {{- end }}
        {{- with $v.extraVolumes }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
{{- end }}

{{/* What every pod says of its account and its place: dict root, values. */}}
{{- define "cht-sync.podPlacement" -}}
{{- $v := .root.Values -}}
serviceAccountName: {{ $v.serviceAccount.name }}
automountServiceAccountToken: false
# Services called `postgres` and `metrics` would set POSTGRES_PORT and METRICS_PORT to addresses.
enableServiceLinks: false
terminationGracePeriodSeconds: {{ .values.terminationGracePeriodSeconds }}
{{- with $v.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- with $v.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .values.nodeSelector | default $v.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.tolerations | default $v.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.affinity | default $v.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $v.topologySpreadConstraints }}
topologySpreadConstraints:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* CPU in thousandths. */}}
{{- define "cht-sync.milli" -}}
{{- hasSuffix "m" . | ternary (trimSuffix "m" . | float64) (float64 . | mulf 1000) -}}
{{- end }}

{{/*
Limits and requests from the values of a component. Kubernetes makes a request that is left out as large as the limit, and
refuses one that is larger.
*/}}
{{- define "cht-sync.resources" -}}
{{- $limits := dict -}}
{{- $requests := dict -}}
{{- with .cpu_limit }}{{ $_ := set $limits "cpu" (include "cht-sync.text" .) }}{{ end -}}
{{- with .memory_limit }}{{ $_ := set $limits "memory" (include "cht-sync.text" .) }}{{ end -}}
{{- $cpu := include "cht-sync.text" .cpu_request -}}
{{- $fits := or (not $limits.cpu) (le (include "cht-sync.milli" $cpu | float64) (include "cht-sync.milli" $limits.cpu | float64)) -}}
{{- if and $cpu $fits }}{{ $_ := set $requests "cpu" $cpu }}{{ end -}}
{{- with .memory_request }}{{ $_ := set $requests "memory" (include "cht-sync.text" .) }}{{ end -}}
{{ dict "limits" $limits "requests" $requests | toYaml }}
{{- end }}

{{/* What every process of ours is told. */}}
{{- define "cht-sync.commonEnv" -}}
- name: METRICS_HOST
  value: 0.0.0.0
- name: METRICS_PORT
  value: "9399"
- name: LOG_LEVEL
  value: {{ .Values.logLevel }}
- name: LOG_FORMAT
  value: json
# There is no other folder it could write to.
- name: HOME
  value: /tmp
{{- end }}

{{- define "cht-sync.optionsEnv" -}}
{{- $entries := list -}}
{{- range $name, $value := . -}}
{{- $entries = append $entries (dict "name" $name "value" (include "cht-sync.text" $value)) -}}
{{- end -}}
{{- toYaml $entries -}}
{{- end }}

{{/*
Changes with what the pods read at their start only. Passwords go through scrypt first: who may read Deployments but not
Secrets must not be able to try passwords against a quick hash.
*/}}
{{- define "cht-sync.checksum" -}}
{{- $secrets := .secrets | default (list) | join "\n" -}}
{{- $slow := empty $secrets | ternary "" (derivePassword 1 "long" (sha256sum $secrets) "cht-sync" .name) -}}
{{- printf "%s\n%s\n%s" .env .files $slow | cat (.config | default "") | sha256sum -}}
{{- end }}
