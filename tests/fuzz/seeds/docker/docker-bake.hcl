variable "TAG" { default = "1.0" }
variable "LIST" { default = ["a", "b"] }
group "default" { targets = ["app"] }
target "base" {
  context = "."
  args = { VERSION = "3.12", LEVEL = 0x10 }
}
target "app" {
  inherits = ["base"]
  dockerfile = "Dockerfile"
  target = "middle"
  tags = ["example.org/app:${TAG}"]
  platforms = ["linux/amd64"]
  no-cache = true
  matrix = { n = [1, 2] }
}
function "tag" {
  params = [name]
  result = "${name}-${TAG == "" ? "dev" : TAG}"
}
target "many" {
  name = "many-${item.name}"
  matrix = { item = [{ name = "a", stage = "web" }, { name = "b", stage = null }] }
  inherits = ["app"]
  target = item.stage
  tags = [for each in ["x", "y"] : tag(each)]
}
