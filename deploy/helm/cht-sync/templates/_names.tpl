{{/* A host as part of a name of Kubernetes, as in v2: dots are dashes. */}}
{{- define "cht-sync.dashed" -}}
{{- regexReplaceAll "[^a-z0-9-]" (lower .) "-" | trimSuffix "-" -}}
{{- end }}

{{/* A name as the value of a label, which has at most 63 characters. */}}
{{- define "cht-sync.labelValue" -}}
{{- if gt (len .) 63 -}}
{{- printf "%s-%s" (trunc 54 . | trimSuffix "-") (sha256sum . | trunc 8) -}}
{{- else -}}
{{- . -}}
{{- end -}}
{{- end }}

{{/* Labels of every object: dict root, component. */}}
{{- define "cht-sync.labels" -}}
app.kubernetes.io/name: cht-sync
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- end }}

{{/* Labels of a pod: dict root, component, app. They stay the same from version to version. */}}
{{- define "cht-sync.podLabels" -}}
app: {{ include "cht-sync.labelValue" .app }}
app.kubernetes.io/name: cht-sync
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- with .root.Values.podLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* A scalar as text. YAML's whole numbers are floats to Helm, and 1000000 would become 1e+06. */}}
{{- define "cht-sync.text" -}}
{{- if and (kindIs "float64" .) (eq (floor .) .) -}}
{{- int64 . -}}
{{- else if not (kindIs "invalid" .) -}}
{{- toString . -}}
{{- end -}}
{{- end }}

{{/* `image_tag`, unless it is one of medic/cht-sync v1 or v2. */}}
{{- define "cht-sync.ownTag" -}}
{{- $tag := include "cht-sync.text" .Values.image_tag -}}
{{- if not (regexMatch "^v?[12]\\." $tag) }}{{ $tag }}{{ end -}}
{{- end }}

{{/* The image of a component: dict root, image. */}}
{{- define "cht-sync.image" -}}
{{- $image := .root.Values.image -}}
{{- $given := include "cht-sync.ownTag" .root -}}
{{- $tag := $image.tag | default $given | default .root.Chart.AppVersion -}}
{{- with $image.registry }}{{ trimSuffix "/" . }}/{{ end }}{{ .image }}:{{ $tag }}
{{- end }}

{{/* Whether something answers at the one address of all metrics. */}}
{{- define "cht-sync.hasExporter" -}}
{{- if or .Values.metrics_exporter.enabled .Values.medic_ingress.enabled .Values.monitoring.serviceMonitor.enabled }}true{{ end -}}
{{- end }}
