DIR=$(cd "$(dirname "$0")" && pwd)
for file in Dockerfile ${OTHER:-other.Dockerfile}; do
  docker build -f "$DIR/$file" --build-arg A=$file --target web .
done
/kaniko/executor --context . --dockerfile other.Dockerfile --destination web:1
kustomize edit set image web=registry.example.org/web:$TAG
