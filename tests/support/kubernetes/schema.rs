//! What the API server knows of the shape of its objects: which lists are merged by key, which maps entry by entry, and what counts as one value.
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// How values of a place merge.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Type {
    /// A scalar, or a list, map or struct that has one owner only.
    Atomic,
    /// An amount with a unit, stored in its canonical form.
    Quantity,
    /// Declared fields and no others.
    Struct(&'static str),
    /// Any keys.
    Map(&'static Type),
    /// Items known by these fields.
    Keyed(&'static str, &'static str),
    /// A list of scalars, each an item of its own.
    Set,
    /// What a custom resource holds: maps merge, lists don't.
    Deduced,
}

/// `name: field=type …`. A type is nothing (a scalar), `!` (one owner for all of it), `q` (a quantity), `{}` and `{q}` (maps), `[*]` (a set), `[Item:key,key]`
/// (a list by keys), `?` (a custom resource's), or a struct's name.
const TYPES: &str = "
Meta: name= namespace= uid= resourceVersion= generation= generateName= selfLink= creationTimestamp= deletionTimestamp= deletionGracePeriodSeconds= labels={} annotations={} finalizers=[*] ownerReferences=[Owner:uid] managedFields=!
Owner: apiVersion= kind= name= uid= controller= blockOwnerDeletion=
Namespace: apiVersion= kind= metadata=Meta spec=NamespaceSpec status=!
NamespaceSpec: finalizers=!
Deployment: apiVersion= kind= metadata=Meta spec=DeploymentSpec status=DeploymentStatus
DeploymentSpec: replicas= minReadySeconds= paused= progressDeadlineSeconds= revisionHistoryLimit= selector=! strategy=Strategy template=Template
DeploymentStatus: observedGeneration= replicas= updatedReplicas= readyReplicas= availableReplicas= unavailableReplicas= terminatingReplicas= collisionCount= conditions=[Condition:type]
Strategy: type= rollingUpdate=RollingUpdate
RollingUpdate: maxSurge= maxUnavailable=
Condition: type= status= reason= message= lastTransitionTime= lastUpdateTime= lastProbeTime= observedGeneration=
Template: metadata=Meta spec=PodSpec
PodSpec: containers=[Container:name] initContainers=[Container:name] volumes=[Volume:name] imagePullSecrets=[Named:name] topologySpreadConstraints=[Spread:topologyKey,whenUnsatisfiable] tolerations=! affinity=! nodeSelector=! securityContext=PodSecurity serviceAccountName= serviceAccount= automountServiceAccountToken= terminationGracePeriodSeconds= restartPolicy= dnsPolicy= schedulerName= priorityClassName= priority= preemptionPolicy= enableServiceLinks= nodeName= activeDeadlineSeconds=
PodSecurity: runAsNonRoot= runAsUser= runAsGroup= fsGroup= fsGroupChangePolicy= seccompProfile=Profile supplementalGroups=! sysctls=!
Profile: type= localhostProfile=
Named: name=
Spread: maxSkew= minDomains= topologyKey= whenUnsatisfiable= labelSelector=! matchLabelKeys=!
Container: name= image= imagePullPolicy= command=! args=! workingDir= ports=[ContainerPort:containerPort,protocol] env=[Env:name] envFrom=! resources=Resources volumeMounts=[Mount:mountPath] livenessProbe=Probe readinessProbe=Probe startupProbe=Probe lifecycle=! securityContext=Security terminationMessagePath= terminationMessagePolicy= stdin= tty=
ContainerPort: name= containerPort= hostPort= hostIP= protocol=
Env: name= value= valueFrom=!
Resources: limits={q} requests={q}
Mount: mountPath= name= readOnly= subPath=
Volume: name= emptyDir=! configMap=! secret=! projected=!
Probe: httpGet=! tcpSocket=! exec=! initialDelaySeconds= timeoutSeconds= periodSeconds= successThreshold= failureThreshold=
Security: allowPrivilegeEscalation= privileged= readOnlyRootFilesystem= runAsNonRoot= runAsUser= runAsGroup= capabilities=! seccompProfile=Profile
CronJob: apiVersion= kind= metadata=Meta spec=! status=!
DaemonSet: apiVersion= kind= metadata=Meta spec=! status=!
Ingress: apiVersion= kind= metadata=Meta spec=! status=!
Job: apiVersion= kind= metadata=Meta spec=! status=!
Node: apiVersion= kind= metadata=Meta spec=! status=!
PersistentVolumeClaim: apiVersion= kind= metadata=Meta spec=! status=!
StatefulSet: apiVersion= kind= metadata=Meta spec=! status=!
ReplicaSet: apiVersion= kind= metadata=Meta spec=! status=!
Pod: apiVersion= kind= metadata=Meta spec=PodSpec status=PodStatus
PodStatus: phase= qosClass= podIP= hostIP= reason= message= conditions=[Condition:type] containerStatuses=! initContainerStatuses=!
Service: apiVersion= kind= metadata=Meta spec=ServiceSpec status=ServiceStatus
ServiceSpec: type= selector={} ports=[ServicePort:port,protocol] clusterIP= clusterIPs=! sessionAffinity= externalTrafficPolicy= internalTrafficPolicy= ipFamilies=! ipFamilyPolicy= externalIPs=! loadBalancerClass= loadBalancerSourceRanges=!
ServicePort: name= port= protocol= targetPort= nodePort= appProtocol=
ServiceStatus: loadBalancer=!
ServiceAccount: apiVersion= kind= metadata=Meta automountServiceAccountToken= secrets=! imagePullSecrets=!
PodDisruptionBudget: apiVersion= kind= metadata=Meta spec=BudgetSpec status=!
BudgetSpec: maxUnavailable= minAvailable= selector=! unhealthyPodEvictionPolicy=
HorizontalPodAutoscaler: apiVersion= kind= metadata=Meta spec=AutoscalerSpec status=!
AutoscalerSpec: minReplicas= maxReplicas= scaleTargetRef=ScaleTarget targetCPUUtilizationPercentage= metrics=! behavior=!
ScaleTarget: apiVersion= kind= name=
NetworkPolicy: apiVersion= kind= metadata=Meta spec=PolicySpec
PolicySpec: podSelector=! policyTypes=! ingress=! egress=!
ConfigMap: apiVersion= kind= metadata=Meta data={} binaryData={} immutable=
Secret: apiVersion= kind= metadata=Meta data={} stringData={} type= immutable=
Event: apiVersion= kind= metadata=Meta involvedObject=! reason= message= type= count=
ResourceQuota: apiVersion= kind= metadata=Meta spec=QuotaSpec status=!
QuotaSpec: hard={q}
ClusterRole: apiVersion= kind= metadata=Meta rules=!
ClusterRoleBinding: apiVersion= kind= metadata=Meta roleRef=RoleRef subjects=!
RoleRef: apiGroup= kind= name=
CustomResourceDefinition: apiVersion= kind= metadata=Meta spec=DefinitionSpec status=!
DefinitionSpec: group= scope= names=DefinitionNames versions=! conversion=!
DefinitionNames: kind= listKind= plural= singular= shortNames=!
Custom: apiVersion= kind= metadata=Meta
";

type Fields = BTreeMap<&'static str, Type>;

fn types() -> &'static BTreeMap<&'static str, Fields> {
    static ALL: OnceLock<BTreeMap<&'static str, Fields>> = OnceLock::new();
    let read = |line: &'static str| {
        let (name, fields) = line.split_once(": ").unwrap();
        (name, fields.split(' ').map(|f| f.split_once('=').unwrap()).map(|(f, t)| (f, one(t))).collect())
    };
    ALL.get_or_init(|| TYPES.lines().filter(|l| !l.is_empty()).map(read).collect())
}

fn one(text: &'static str) -> Type {
    match text {
        "" | "!" => Type::Atomic,
        "q" => Type::Quantity,
        "?" => Type::Deduced,
        "[*]" => Type::Set,
        "{}" => Type::Map(&Type::Atomic),
        "{q}" => Type::Map(&Type::Quantity),
        list if list.starts_with('[') => {
            let (item, keys) = list.trim_matches(['[', ']']).split_once(':').unwrap();
            Type::Keyed(item, keys)
        }
        name => Type::Struct(name),
    }
}

/// The type of a field of a struct; `None` where it has no such field. Beside what every object has, a custom resource may hold anything.
pub fn field(of: &str, name: &str) -> Option<Type> {
    let declared = types()[of].get(name).copied();
    if of == "Custom" { declared.or(Some(Type::Deduced)) } else { declared }
}

/// Whether the field is one that the struct declares.
pub fn declared(of: &str, name: &str) -> bool {
    types()[of].contains_key(name)
}
