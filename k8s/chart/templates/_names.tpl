{{/* Names, labels and the list of services. */}}

{{- define "tidegate.services" -}}
gateway ingest aggregator query
{{- end }}

{{- define "tidegate.name" -}}
{{ default .Chart.Name .Values.nameOverride | trunc 40 | trimSuffix "-" }}
{{- end }}

{{/* At most 40 characters: the longest ending is "-roundtrip", and names of services hold 63. Every template begins with it. */}}
{{- define "tidegate.fullname" -}}
{{- include "tidegate.validateDefaults" . -}}
{{- if .Values.fullnameOverride -}}
{{ .Values.fullnameOverride | trunc 40 | trimSuffix "-" }}
{{- else if contains (include "tidegate.name" .) .Release.Name -}}
{{ .Release.Name | trunc 40 | trimSuffix "-" }}
{{- else -}}
{{ printf "%s-%s" .Release.Name (include "tidegate.name" .) | trunc 40 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{/* What never changes, and so may stand in selectors. Takes root and service. */}}
{{- define "tidegate.selector" -}}
app.kubernetes.io/name: {{ include "tidegate.name" .root }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- with .service }}
app.kubernetes.io/component: {{ . }}
{{- end }}
{{- end }}

{{- define "tidegate.labels" -}}
{{ include "tidegate.selector" . }}
app: {{ include "tidegate.name" .root }}
app.kubernetes.io/part-of: tidegate
app.kubernetes.io/version: {{ default .root.Chart.AppVersion .root.Values.image.tag | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- end }}

{{/* Of pods: without the version of the chart, which is no reason to roll them. */}}
{{- define "tidegate.podLabels" -}}
{{ include "tidegate.selector" . }}
app: {{ include "tidegate.name" .root }}
app.kubernetes.io/part-of: tidegate
app.kubernetes.io/version: {{ default .root.Chart.AppVersion .root.Values.image.tag | quote }}
{{- end }}

{{- define "tidegate.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ default .Chart.AppVersion .Values.image.tag }}
{{- end }}
{{- end }}

{{- define "tidegate.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{ default (include "tidegate.fullname" .) .Values.serviceAccount.name }}
{{- else -}}
{{ default "default" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{/* The port that a service listens on; nothing for the aggregator, which listens to nobody. */}}
{{- define "tidegate.port" -}}
{{ get (dict "gateway" "8000" "ingest" "8001" "query" "8002") . }}
{{- end }}

{{/* Port of the gateway's Service that answers requests: the other one may only send there. */}}
{{- define "tidegate.servingPort" -}}
{{ ternary .Values.service.httpsPort .Values.service.port .Values.service.redirect.enabled }}
{{- end }}

{{/* MiB of a quantity of memory in Mi or Gi. */}}
{{- define "tidegate.mebibytes" -}}
{{- $text := toString . -}}
{{- if hasSuffix "Gi" $text -}}
{{ mulf (trimSuffix "Gi" $text | float64) 1024 | int }}
{{- else if hasSuffix "Mi" $text -}}
{{ trimSuffix "Mi" $text | int }}
{{- else -}}
{{ fail (printf "memory %s: give it in Mi or Gi, from which the heap is worked out" $text) }}
{{- end }}
{{- end }}

{{/* MiB of the heap: 60 % of the memory asked for, less what lies outside of it. Takes root and service. */}}
{{- define "tidegate.heapMb" -}}
{{- $of := get .root.Values .service -}}
{{- $memory := include "tidegate.mebibytes" $of.resources.requests.memory | int -}}
{{- if eq .service "aggregator" -}}
{{ div (mul (sub $memory (int $of.dedupMemoryMb)) 6) 10 }}
{{- else -}}
{{ div (mul $memory 6) 10 }}
{{- end }}
{{- end }}

{{/* Text of a setting: numbers of values come as floats, and 1048576 would be written 1.048576e+06. */}}
{{- define "tidegate.text" -}}
{{- if and (kindIs "float64" .) (eq (floor .) .) -}}
{{ int64 . }}
{{- else -}}
{{ toString . }}
{{- end }}
{{- end }}
