//! Containers of Hermes in Kubernetes workloads, and the services that lead to them from outside the cluster.
//!
//! A cluster's manifests speak of many programs, and other projects are called Hermes, too: a container counts when
//! it says Hermes and its file names something that only the agent has. Init containers prepare and end; they are
//! left out. What a template fills in or may leave out is not known, and nothing is concluded from it.

use std::collections::HashMap;

use super::compose::{Mount, Port, Through, Word};
use super::service::{Service, Starter};
use crate::document::manifest::{Manifests, Object};
use crate::document::tree::{NodeId, Tree, Value};
use crate::document::{Document, Place, Standing};

/// What only files about the agent hold.
const MARKS: &[&[u8]] = &[
    b"hermes-agent",
    b"nousresearch",
    b"/.hermes",
    b"HERMES_HOME",
    b"hermes_cli",
    b"hermes gateway",
];
/// The value of an annotation, or a part of its name, for a load balancer inside a network.
const INTERNAL: &[&str] = &["internal", "private", "tailscale"];

/// How many containers of a pod are looked at.
const CONTAINERS: usize = 64;

/// What a service or neighbour may know of a container's pod.
#[derive(Clone, Debug, Default)]
pub struct Pod {
    namespace: Option<String>,
    /// Those that are known.
    labels: Vec<(String, String)>,
    /// Ports that the container declares, by name where they have one.
    ports: Vec<(Option<String>, String)>,
    /// Ports that its neighbours in the pod declare.
    others: Vec<String>,
}

/// A service that leads to pods from outside the cluster.
pub(super) struct Entrance<'d> {
    through: Through,
    namespace: Option<String>,
    selector: Vec<(String, String)>,
    /// The port in the pod by number or name, and where it is written.
    ports: Vec<(String, Place<'d>)>,
}

/// The containers of Hermes that the objects of `document` start.
pub(super) fn services(document: &Document) -> Vec<Service<'_>> {
    let Some(manifests) = document.manifests.as_deref() else { return Vec::new() };
    let bytes = document.text.bytes();
    let marked = MARKS.iter().any(|mark| memchr::memmem::find(bytes, mark).is_some());
    let readers = manifests.objects().into_iter().map(|object| Reader::of(document, object));
    readers.flat_map(|reader| reader.containers(marked)).collect()
}

/// The services of `document` that are open to more than the cluster.
pub(super) fn entrances(document: &Document) -> Vec<Entrance<'_>> {
    let Some(manifests) = document.manifests.as_deref() else { return Vec::new() };
    let objects = manifests.objects().into_iter().filter(|object| object.kind == "Service");
    objects.filter_map(|object| Reader::of(document, object).entrance()).collect()
}

/// Gives each container the ports that an entrance publishes of it.
pub(super) fn publish<'d>(services: &mut [Service<'d>], entrances: &[Entrance<'d>]) {
    for service in services {
        let Some(pod) = &service.pod else { continue };
        let found =
            entrances.iter().filter(|entrance| entrance.selects(pod)).flat_map(|entrance| {
                entrance.ports.iter().filter_map(|(port, place)| {
                    Some(Port {
                        address: None,
                        target: pod.port(port)?,
                        place: place.clone(),
                        through: entrance.through.clone(),
                    })
                })
            });
        let found: Vec<_> = found.collect();
        service.ports.extend(found);
    }
}

impl Entrance<'_> {
    fn selects(&self, pod: &Pod) -> bool {
        let apart =
            matches!((&self.namespace, &pod.namespace), (Some(one), Some(other)) if one != other);
        !apart
            && !self.selector.is_empty()
            && self.selector.iter().all(|pair| pod.labels.contains(pair))
    }
}

impl Pod {
    /// The number of the container's port that is known by `text`; `None` when it is not its own.
    fn port(&self, text: &str) -> Option<String> {
        if text.bytes().all(|byte| byte.is_ascii_digit()) {
            let own = self.ports.iter().any(|(_, port)| port == text);
            let others = self.others.iter().any(|port| port == text);
            return (own || !others).then(|| text.to_owned());
        }
        let named = self.ports.iter().find(|(name, _)| name.as_deref() == Some(text));
        named.map(|(_, port)| port.clone())
    }
}

struct Reader<'d> {
    document: &'d Document,
    manifests: &'d Manifests,
    tree: &'d Tree,
    object: Object<'d>,
}

impl<'d> Reader<'d> {
    fn of(document: &'d Document, object: Object<'d>) -> Self {
        Self { document, manifests: object.manifests, tree: object.tree, object }
    }

    fn containers(&self, marked: bool) -> Vec<Service<'d>> {
        let Some((template, path)) = self.object.pod() else { return Vec::new() };
        let Some(spec) = self.tree.get(template, "spec") else { return Vec::new() };
        let containers = self.tree.get(spec, "containers");
        let containers = containers.map(|id| self.tree.items(id)).unwrap_or_default();
        let containers = containers.get(..CONTAINERS).unwrap_or(containers);
        let volumes = self.volumes(spec);
        let workload = self.text(self.object.id, &["metadata", "name"]);
        let namespace = self.text(self.object.id, &["metadata", "namespace"]);
        let labels = self.pairs(template, &["metadata", "labels"]);
        let ports: Vec<_> = containers.iter().map(|&container| self.declared(container)).collect();
        let mut found = Vec::new();
        for (number, &container) in containers.iter().enumerate() {
            let name = self.text(container, &["name"]).unwrap_or_else(|| format!("[{number}]"));
            let full = match &workload {
                Some(workload) if *workload != name => format!("{workload}/{name}"),
                _ => name.clone(),
            };
            let route = [self.object.kind, path, "spec"];
            let route: Vec<&str> = route.into_iter().filter(|step| !step.is_empty()).collect();
            let pod = Scope { id: spec, route: route.join(".") };
            let own = Scope { id: container, route: format!("{}.containers.{name}", pod.route) };
            let image = self.word(&own, &["image"]);
            let mut command = self.words(&own, &["command"]);
            let replaced = !command.is_empty() || self.tree.get(container, "command").is_some();
            command.extend(self.words(&own, &["args"]));
            if !self.is_hermes(container, &name, image.as_ref(), &command, marked) {
                continue;
            }
            let others = ports.iter().enumerate().filter(|(other, _)| *other != number);
            let others = others.flat_map(|(_, ports)| ports.iter().map(|(_, port)| port.clone()));
            found.push(Service {
                document: self.document,
                place: Place::new(self.document, self.tree.span(container), own.route.clone()),
                name: full,
                starter: Starter::Kubernetes,
                user: self.user(&pod, &own),
                dynamic_user: false,
                command,
                replaces_entrypoint: replaced,
                variables: Vec::new(),
                env_files: Vec::new(),
                ports: self.host_ports(&own),
                mounts: self.mounts(&pod, &volumes, container),
                privileges: self.privileges(&pod, &own),
                image,
                builds: false,
                is_hermes: true,
                standing: self.manifests.standing,
                pod: Some(Pod {
                    namespace: namespace.clone(),
                    labels: labels.clone(),
                    ports: ports.get(number).cloned().unwrap_or_default(),
                    others: others.collect(),
                }),
            });
        }
        found
    }

    fn is_hermes(
        &self,
        container: NodeId,
        name: &str,
        image: Option<&Word<'d>>,
        command: &[Word<'d>],
        marked: bool,
    ) -> bool {
        let names = |text: &str| text.to_ascii_lowercase().contains("hermes");
        let by_image = image.is_some_and(|image| names(&image.text));
        let starts = by_image && command.iter().any(|word| word.text == "gateway");
        // A sidecar that backs the home up names it, too.
        let by_command = command.iter().any(|word| {
            let program = word.text.rsplit('/').next().unwrap_or_default();
            matches!(program, "hermes" | "hermes-agent")
                || word.text.contains("hermes_cli")
                || word.text.contains("hermes gateway")
        });
        // A chart fills the image in, and a patch leaves it out.
        let by_name = image.is_none() && names(name);
        let env =
            self.tree.get(container, "env").map(|env| self.tree.items(env)).unwrap_or_default();
        let by_variable =
            env.iter().any(|&item| self.text(item, &["name"]).as_deref() == Some("HERMES_HOME"));
        starts || (marked && (by_image || by_command || by_name || by_variable))
    }

    /// The account: the container's own word wins. One that may not be root is not started as root.
    fn user(&self, pod: &Scope, own: &Scope) -> Option<Word<'d>> {
        let refused =
            self.merged(pod, own, &["runAsNonRoot"]).is_some_and(|word| word.text == "true");
        self.merged(pod, own, &["runAsUser"]).filter(|user| !(refused && user.text == "0"))
    }

    /// A setting of the container's security context, or else of its pod's; `None` where the container's may hold it
    /// and a template fills it in.
    fn merged(&self, pod: &Scope, own: &Scope, path: &[&str]) -> Option<Word<'d>> {
        let path: Vec<&str> =
            std::iter::once("securityContext").chain(path.iter().copied()).collect();
        let (context, setting) = (path.get(..1)?, path.get(..2)?);
        if self.at(own.id, setting).is_some() {
            return self.word(own, &path);
        }
        let filled = self.manifests.standing == Standing::Template
            && self.at(own.id, context).is_some_and(|context| {
                *self.tree.value(context) == Value::Null
                    || self.manifests.is_hole(self.tree.span(context))
            });
        if filled { None } else { self.word(pod, &path) }
    }

    fn privileges(&self, pod: &Scope, own: &Scope) -> Vec<(String, Word<'d>)> {
        let mut all = Vec::new();
        let mut add = |setting: &str, word: Option<Word<'d>>| {
            all.extend(word.map(|word| (setting.to_owned(), word)));
        };
        for setting in ["hostPID", "hostIPC", "hostNetwork"] {
            add(setting, self.word(pod, &[setting]));
        }
        for setting in ["privileged", "allowPrivilegeEscalation"] {
            add(setting, self.word(own, &["securityContext", setting]));
        }
        for setting in ["seccompProfile", "appArmorProfile"] {
            add(setting, self.merged(pod, own, &[setting, "type"]));
        }
        for word in self.words(own, &["securityContext", "capabilities", "add"]) {
            add("cap_add", Some(word));
        }
        all
    }

    /// The volumes of a pod by name.
    fn volumes(&self, spec: NodeId) -> HashMap<String, NodeId> {
        let volumes = self.tree.get(spec, "volumes").map(|id| self.tree.items(id));
        let named = volumes.unwrap_or_default().iter();
        named.filter_map(|&volume| Some((self.text(volume, &["name"])?, volume))).collect()
    }

    /// Folders of the node that the container sees, by the name of their volume.
    fn mounts(
        &self,
        pod: &Scope,
        volumes: &HashMap<String, NodeId>,
        container: NodeId,
    ) -> Vec<Mount<'d>> {
        let mounts = self.tree.get(container, "volumeMounts").map(|id| self.tree.items(id));
        let seen = mounts.unwrap_or_default().iter().filter_map(|&mount| {
            let name = self.text(mount, &["name"])?;
            let volume = volumes.get(&name)?;
            let scope = Scope { id: *volume, route: format!("{}.volumes.{name}", pod.route) };
            let path = self.word(&scope, &["hostPath", "path"])?;
            if self.tree.get(mount, "subPathExpr").is_some() {
                return None;
            }
            let source = match self.tree.get(mount, "subPath") {
                Some(_) => {
                    let below = self.text(mount, &["subPath"])?;
                    format!("{}/{below}", path.text.trim_end_matches('/'))
                }
                None => path.text,
            };
            Some(Mount {
                source,
                target: self.text(mount, &["mountPath"]).unwrap_or_default(),
                // What may be so is taken for it.
                read_only: self.at(mount, &["readOnly"]).is_some()
                    && self.text(mount, &["readOnly"]).as_deref() != Some("false"),
                place: path.place,
            })
        });
        seen.collect()
    }

    fn host_ports(&self, own: &Scope) -> Vec<Port<'d>> {
        let ports =
            self.tree.get(own.id, "ports").map(|id| self.tree.items(id)).unwrap_or_default();
        let published = ports.iter().filter_map(|&port| {
            let scope = Scope { id: port, route: format!("{}.ports", own.route) };
            let word = self.word(&scope, &["hostPort"]).filter(|word| word.text != "0")?;
            let address = match self.tree.get(port, "hostIP") {
                Some(_) => Some(self.text(port, &["hostIP"])?),
                None => None,
            };
            let target = self.text(port, &["containerPort"])?;
            Some(Port { address, target, place: word.place, through: Through::Host })
        });
        published.collect()
    }

    /// The ports a container declares, by name where they have one.
    fn declared(&self, container: NodeId) -> Vec<(Option<String>, String)> {
        let ports =
            self.tree.get(container, "ports").map(|id| self.tree.items(id)).unwrap_or_default();
        let known = ports.iter().filter_map(|&port| {
            Some((self.text(port, &["name"]), self.text(port, &["containerPort"])?))
        });
        known.collect()
    }

    fn entrance(&self) -> Option<Entrance<'d>> {
        let id = self.object.id;
        let name = self.text(id, &["metadata", "name"]).unwrap_or_default();
        let through = match self.text(id, &["spec", "type"])?.as_str() {
            "NodePort" => Through::NodePort(name.clone()),
            "LoadBalancer" if !self.is_internal() => Through::LoadBalancer(name.clone()),
            _ => return None,
        };
        let ports = self.tree.items(self.at(id, &["spec", "ports"])?);
        let ports = ports.iter().filter_map(|&port| {
            let setting =
                if self.tree.get(port, "targetPort").is_some() { "targetPort" } else { "port" };
            let scope = Scope { id: port, route: format!("Service.{name}.spec.ports") };
            let word = self.word(&scope, &[setting])?;
            Some((word.text, word.place))
        });
        Some(Entrance {
            ports: ports.collect(),
            namespace: self.text(id, &["metadata", "namespace"]),
            selector: self.whole_pairs(id, &["spec", "selector"])?,
            through,
        })
    }

    /// True for a load balancer that is not for everybody, as far as one can tell.
    fn is_internal(&self) -> bool {
        let id = self.object.id;
        let ranges = self.at(id, &["spec", "loadBalancerSourceRanges"]).is_some_and(|ranges| {
            let items = self.tree.items(ranges);
            let everybody =
                |&item: &NodeId| self.scalar(item).is_some_and(|range| range.ends_with("/0"));
            !items.iter().any(everybody)
        });
        let internal = |text: &str| {
            let lower = text.to_ascii_lowercase();
            INTERNAL.iter().any(|word| lower.contains(word))
        };
        let class = self.at(id, &["spec", "loadBalancerClass"]);
        let class =
            class.is_some_and(|class| self.scalar(class).is_none_or(|class| internal(&class)));
        // Charts leave most of these to their users.
        let annotated = self.at(id, &["metadata", "annotations"]).is_some_and(|annotations| {
            self.manifests.standing == Standing::Template
                || self.tree.entries(annotations).iter().any(|entry| {
                    let key = self.tree.str(entry.key).unwrap_or_default();
                    let value = self.scalar(entry.value).unwrap_or_default();
                    internal(&value) || (internal(key) && value != "false")
                })
        });
        ranges || class || annotated
    }

    fn at(&self, id: NodeId, path: &[&str]) -> Option<NodeId> {
        path.iter().try_fold(id, |id, step| self.tree.get(id, step))
    }

    fn text(&self, id: NodeId, path: &[&str]) -> Option<String> {
        self.scalar(self.at(id, path)?)
    }

    /// The text of a scalar that is known.
    fn scalar(&self, id: NodeId) -> Option<String> {
        let span = self.tree.span(id);
        if self.manifests.is_hole(span) {
            return None;
        }
        match self.tree.value(id) {
            Value::Str(text) => Some(text.to_string()),
            Value::Bool(value) => Some(value.to_string()),
            Value::Int(number) => Some(number.to_string()),
            _ => None,
        }
    }

    fn word(&self, scope: &Scope, path: &[&str]) -> Option<Word<'d>> {
        let id = self.at(scope.id, path)?;
        let route = format!("{}.{}", scope.route, path.join("."));
        let place = Place::new(self.document, self.tree.span(id), route);
        Some(Word { text: self.scalar(id)?, place })
    }

    fn words(&self, scope: &Scope, path: &[&str]) -> Vec<Word<'d>> {
        let Some(id) = self.at(scope.id, path) else { return Vec::new() };
        let route = format!("{}.{}", scope.route, path.join("."));
        let items = self.tree.items(id).iter().filter_map(|&item| {
            let place = Place::new(self.document, self.tree.span(item), route.clone());
            Some(Word { text: self.scalar(item)?, place })
        });
        items.collect()
    }

    /// The pairs of a mapping that are known.
    fn pairs(&self, id: NodeId, path: &[&str]) -> Vec<(String, String)> {
        let Some(map) = self.at(id, path) else { return Vec::new() };
        let known = self
            .tree
            .entries(map)
            .iter()
            .filter_map(|entry| Some((self.scalar(entry.key)?, self.scalar(entry.value)?)));
        known.collect()
    }

    /// The pairs of a mapping of which all are known.
    fn whole_pairs(&self, id: NodeId, path: &[&str]) -> Option<Vec<(String, String)>> {
        let pairs = self.pairs(id, path);
        let map = self.at(id, path)?;
        (pairs.len() == self.tree.entries(map).len()
            && !self.manifests.is_hole(self.tree.span(map)))
        .then_some(pairs)
    }
}

/// A mapping with the path that leads to it.
struct Scope {
    id: NodeId,
    route: String,
}
