{{- define "app.name" -}}{{ default .Chart.Name .Values.name | trunc 63 | trimSuffix "-" | replace " " "-" }}{{- end }}
{{- define "app.labels" }}
app: {{ include "app.name" . }}
chart: {{ printf "%s-%05d-%.2f-%q-%x" .Chart.Name (int .Values.replicas) (float64 .Values.ratio) .Values.name 255 | quote }}
{{- end }}
