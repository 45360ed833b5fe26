"""Predictors: what makes answers of features."""
import numpy as np

from . import trees
from .graph import NotExportable, categories, number_kind, numbers
from .steps import (class_name, distances, interpolate, joined, known_function, picked, short_name, threshold, transform)

__all__ = ["answer", "class_name"]


def answer(graph, model, value):
    """What a model answers: {name: (value, type)}; the first is what its `predict` answers."""
    kind = short_name(model)
    if kind == "Pipeline":
        for _, step in model.steps[:-1]:
            value = transform(graph, step, value)
        return answer(graph, model.steps[-1][1], value)
    if hasattr(model, "best_estimator_"):
        return answer(graph, model.best_estimator_, value)
    library = type(model).__module__.split(".")[0]
    known = (PREDICTORS if library == "sklearn" else BOOSTERS if library in ("xgboost", "lightgbm") else {}).get(kind)
    if known is not None:
        return known(graph, model, value)
    if hasattr(model, "predict") or isinstance(model, str):
        raise NotExportable(f"{class_name(model)} is not known to the exporter; serve the model in a Python worker")
    made = joined(graph, transform(graph, model, value))
    return {"features": (made, "text" if made.texts else "float64")}


# ---------------------------------------------------------------- shapes of answers

def regression(graph, value, kind="float64"):
    return {"prediction": (value, kind)}


def label_of(graph, place, classes):
    classes = np.asarray(classes)
    value = graph.label(place, list(classes))
    return value, "text" if value.texts else number_kind(classes)


def classification(graph, place, classes, **more):
    """A class for its place, and what else the model says."""
    answers = {"label": label_of(graph, place, classes)}
    answers.update({name: (value, "float64") for name, value in more.items() if value is not None})
    return answers


def pick(graph, value, largest=True):
    return graph.node("pick", [value], 1, largest=largest)


def two_classes(graph, probability):
    return graph.apply(probability, "complement_and_self")


def from_decision(graph, model, decision, probabilities=None):
    place = threshold(graph, decision, 0) if decision.width == 1 else pick(graph, decision)
    return classification(graph, place, model.classes_, probabilities=probabilities, decision=decision)


# ---------------------------------------------------------------- linear models

def _linear_decision(graph, model, value):
    return graph.linear(joined(graph, value), model.coef_, model.intercept_)


def _linear_regression(graph, model, value):
    return regression(graph, _linear_decision(graph, model, value))


def _pls(graph, model, value):
    return regression(graph, graph.linear(joined(graph, value), model.coef_, model.intercept_ - model._x_mean @ model.coef_.T))


def _glm(graph, model, value):
    linear = _linear_decision(graph, model, value)
    link = type(model._base_loss.link).__name__
    if link == "IdentityLink":
        return regression(graph, linear)
    if link == "LogLink":
        return regression(graph, graph.apply(linear, "exp"))
    raise NotExportable(f"{class_name(model)} with the link {link}")


def _linear_classifier(graph, model, value):
    return from_decision(graph, model, _linear_decision(graph, model, value))


def _logistic(graph, model, value):
    decision = _linear_decision(graph, model, value)
    if decision.width == 1:
        return from_decision(graph, model, decision, two_classes(graph, graph.apply(decision, "sigmoid")))
    one_each = getattr(model, "multi_class", None) == "ovr" or getattr(model, "solver", None) == "liblinear"
    if one_each:
        return from_decision(graph, model, decision, graph.apply(graph.apply(decision, "sigmoid"), "share"))
    return from_decision(graph, model, decision, graph.apply(decision, "softmax"))


def _sgd_classifier(graph, model, value):
    decision = _linear_decision(graph, model, value)
    if model.loss != "log_loss":
        return from_decision(graph, model, decision)
    probability = graph.apply(decision, "sigmoid")
    return from_decision(graph, model, decision,
                         two_classes(graph, probability) if decision.width == 1 else graph.apply(probability, "share"))


def _discriminant(graph, model, value):
    decision = _linear_decision(graph, model, value)
    if decision.width == 1:
        return from_decision(graph, model, decision, two_classes(graph, graph.apply(decision, "sigmoid")))
    return from_decision(graph, model, decision, graph.apply(decision, "softmax"))


# ---------------------------------------------------------------- support vectors

def _vectors(graph, model, value, weights, bias):
    if model.kernel not in ("linear", "rbf", "poly", "sigmoid"):
        raise NotExportable(f"{class_name(model)} with the kernel {model.kernel}")
    if model._sparse:
        raise NotExportable(f"{class_name(model)} fitted to sparse rows")
    weights = np.atleast_2d(np.asarray(weights, dtype=np.float64))
    return graph.node("support_vectors", [joined(graph, value)], len(weights),
                      kernel="polynomial" if model.kernel == "poly" else model.kernel, gamma=float(model._gamma),
                      constant=float(model.coef0), degree=int(model.degree),
                      vectors=np.asarray(model.support_vectors_, dtype=np.float64), weights=weights,
                      bias=numbers(bias, len(weights)))


def _svr(graph, model, value):
    return regression(graph, _vectors(graph, model, value, model._dual_coef_, model._intercept_))


def _svc(graph, model, value):
    if getattr(model, "probability", False) is True:
        raise NotExportable(f"{class_name(model)} with probability=True; calibrate it by CalibratedClassifierCV")
    classes = len(model.classes_)
    ends = np.cumsum(model._n_support)
    starts = ends - model._n_support
    weights, bias = [], []
    for first in range(classes):
        for second in range(first + 1, classes):
            row = np.zeros(len(model.support_vectors_))
            row[starts[first]:ends[first]] = model._dual_coef_[second - 1, starts[first]:ends[first]]
            row[starts[second]:ends[second]] = model._dual_coef_[first, starts[second]:ends[second]]
            weights.append(row)
            bias.append(model._intercept_[len(bias)])
    decisions = _vectors(graph, model, value, weights, bias)
    if classes == 2:
        decision = graph.apply(decisions, "negate")
        return from_decision(graph, model, decision)
    votes = graph.node("one_against_one", [decisions], classes, classes=classes, confidences=False)
    confident = graph.node("one_against_one", [decisions], classes, classes=classes, confidences=True)
    decision = decisions if model.decision_function_shape == "ovo" else confident
    return classification(graph, pick(graph, confident if model.break_ties else votes), model.classes_, decision=decision)


def _one_class_svm(graph, model, value):
    decision = _vectors(graph, model, value, model._dual_coef_, model._intercept_)
    return {"label": (graph.label(threshold(graph, decision, 0), [-1, 1]), "int64"), "decision": (decision, "float64")}


# ---------------------------------------------------------------- naive Bayes

def _from_likelihood(graph, model, likelihood):
    probabilities = graph.apply(graph.apply(likelihood, "log_softmax"), "exp")
    return classification(graph, pick(graph, likelihood), model.classes_, probabilities=probabilities)


def _gaussian_nb(graph, model, value):
    means = np.asarray(model.theta_, dtype=np.float64)
    likelihood = graph.node("gaussian_likelihood", [joined(graph, value)], len(means), means=means,
                            variances=np.asarray(model.var_, dtype=np.float64), log_priors=np.log(model.class_prior_))
    return _from_likelihood(graph, model, likelihood)


def _multinomial_nb(graph, model, value):
    return _from_likelihood(graph, model, graph.linear(joined(graph, value), model.feature_log_prob_, model.class_log_prior_))


def _complement_nb(graph, model, value):
    bias = model.class_log_prior_ if len(model.classes_) == 1 else 0
    return _from_likelihood(graph, model, graph.linear(joined(graph, value), model.feature_log_prob_, bias))


def _bernoulli_nb(graph, model, value):
    value = joined(graph, value)
    if model.binarize is not None:
        value = threshold(graph, value, model.binarize)
    absent = np.log(1 - np.exp(model.feature_log_prob_))
    return _from_likelihood(graph, model, graph.linear(value, model.feature_log_prob_ - absent,
                                                       model.class_log_prior_ + absent.sum(axis=1)))


# ---------------------------------------------------------------- neighbours and clusters

METRICS = {"euclidean": "euclidean", "l2": "euclidean", "manhattan": "manhattan", "l1": "manhattan", "cityblock": "manhattan",
           "cosine": "cosine"}


def _neighbours(graph, model, value, values):
    metric = model.effective_metric_
    if metric == "minkowski":
        metric = {1: "manhattan", 2: "euclidean"}.get(model.effective_metric_params_.get("p", model.p), "minkowski")
    if metric not in METRICS or model.weights not in ("uniform", "distance"):
        raise NotExportable(f"{class_name(model)} with metric={model.metric!r}, p={model.p!r}, weights={model.weights!r}")
    rows = model._fit_X.toarray() if hasattr(model._fit_X, "toarray") else model._fit_X
    return graph.node("neighbors", [joined(graph, value)], values.shape[1], rows=np.asarray(rows, dtype=np.float64),
                      values=np.asarray(values, dtype=np.float64), k=int(model.n_neighbors),
                      by_distance=model.weights == "distance", metric=METRICS[metric])


def _neighbours_regressor(graph, model, value):
    return regression(graph, _neighbours(graph, model, value, np.asarray(model._y).reshape(len(model._fit_X), -1)))


def _neighbours_classifier(graph, model, value):
    probabilities = _neighbours(graph, model, value, np.eye(len(model.classes_))[model._y])
    return classification(graph, pick(graph, probabilities), model.classes_, probabilities=probabilities)


def _k_means(graph, model, value):
    apart = distances(graph, joined(graph, value), model.cluster_centers_)
    return {"label": (pick(graph, apart, largest=False), "int64"), "distances": (apart, "float64")}


# ---------------------------------------------------------------- networks

ACTIVATIONS = {"identity": None, "logistic": "sigmoid", "tanh": "tanh", "relu": "relu", "softmax": "softmax"}


def _network(graph, model, value):
    value = joined(graph, value)
    for layer, (weights, bias) in enumerate(zip(model.coefs_, model.intercepts_)):
        value = graph.linear(value, weights.T, bias)
        last = layer == len(model.coefs_) - 1
        function = ACTIVATIONS[model.out_activation_ if last else model.activation]
        if function:
            value = graph.apply(value, function)
    return value


def _network_regressor(graph, model, value):
    if model.out_activation_ not in ACTIVATIONS:
        raise NotExportable(f"{class_name(model)} with the output {model.out_activation_}")
    return regression(graph, _network(graph, model, value))


def _network_classifier(graph, model, value):
    made = _network(graph, model, value)
    if made.width == 1:
        return classification(graph, threshold(graph, made, 0.5), model.classes_, probabilities=two_classes(graph, made))
    if model.out_activation_ != "softmax":
        raise NotExportable(f"{class_name(model)} for several labels at once")
    return classification(graph, pick(graph, made), model.classes_, probabilities=made)


# ---------------------------------------------------------------- models made of models

def _probabilities(graph, model, value):
    answers = answer(graph, model, value)
    if "probabilities" not in answers:
        raise NotExportable(f"{class_name(model)} answers no probabilities")
    return answers["probabilities"][0]


def _place(graph, model, value):
    """The class as its place among those of the model, and not as its label."""
    made = answer(graph, model, value)["label"][0]
    label = next(node for node in graph.nodes if node["name"] == made.name)
    if label["op"] != "label":
        return made
    return type(made)(label["inputs"][0], 1)


def average(graph, values, weights=None):
    weights = np.ones(len(values)) if weights is None else weights
    return graph.node("average", values, values[0].width, weights=numbers(weights, len(values)))


def _voting_classifier(graph, model, value):
    weights = model._weights_not_none
    if model.voting == "soft":
        probabilities = average(graph, [_probabilities(graph, each, value) for each in model.estimators_], weights)
        return classification(graph, pick(graph, probabilities), model.classes_, probabilities=probabilities)
    places = [_place(graph, each, value) for each in model.estimators_]
    place = graph.node("vote", places, 1, weights=numbers(1 if weights is None else weights, len(places)),
                       places=len(model.classes_))
    return classification(graph, place, model.classes_)


def _voting_regressor(graph, model, value):
    made = [answer(graph, each, value)["prediction"][0] for each in model.estimators_]
    return regression(graph, average(graph, made, model._weights_not_none))


def _stacked(graph, model, value):
    made = []
    methods = [method for method in model.stack_method_ if method is not None]
    for each, method in zip(model.estimators_, methods):
        name = {"predict_proba": "probabilities", "decision_function": "decision", "predict": "prediction"}[method]
        answers = answer(graph, each, value)
        if name not in answers:
            raise NotExportable(f"{class_name(each)} in a stack that asks it for {method}")
        part = answers[name][0]
        # Of two classes' probabilities the first says nothing the second does not.
        made.append(graph.select(part, [1]) if method == "predict_proba" and part.width == 2 else part)
    if model.passthrough:
        made.append(joined(graph, value))
    return answer(graph, model.final_estimator_, graph.concat(made))


def _stacking_classifier(graph, model, value):
    answers = _stacked(graph, model, value)
    label = next(node for node in graph.nodes if node["name"] == answers["label"][0].name)
    # The last model was fitted to places of classes.
    if label["op"] == "label":
        label["labels"] = categories(list(model.classes_))
        made = answers["label"][0]
        made.texts = "texts" in label["labels"]
        answers["label"] = (made, "text" if made.texts else number_kind(model.classes_))
    return answers


def _calibrated(graph, model, value):
    made = []
    for each in model.calibrated_classifiers_:
        answers = answer(graph, each.estimator, value)
        scores = answers["decision"][0] if "decision" in answers else answers["probabilities"][0]
        if "decision" not in answers and scores.width == 2:
            scores = graph.select(scores, [1])
        if each.method == "sigmoid":
            slopes = np.array([calibrator.a_ for calibrator in each.calibrators])
            shifts = np.array([calibrator.b_ for calibrator in each.calibrators])
            scaled = graph.scale(scores, shifts, slopes, form="scale_first")
            calibrated = graph.apply(graph.apply(scaled, "negate"), "sigmoid")
        elif each.method == "isotonic":
            calibrated = interpolate(graph, scores, [(c.X_thresholds_, c.y_thresholds_) for c in each.calibrators])
        else:
            raise NotExportable(f"CalibratedClassifierCV with method={each.method!r}")
        made.append(two_classes(graph, calibrated) if calibrated.width == 1 else graph.apply(calibrated, "share"))
    probabilities = average(graph, made)
    return classification(graph, pick(graph, probabilities), model.classes_, probabilities=probabilities)


def _one_against_rest(graph, model, value):
    if model.multilabel_:
        raise NotExportable("OneVsRestClassifier for several labels at once")
    answers = [answer(graph, each, value) for each in model.estimators_]
    scores = [each["decision"][0] if "decision" in each else graph.select(each["probabilities"][0], [1]) for each in answers]
    probabilities = None
    if all("probabilities" in each for each in answers):
        positive = [graph.select(each["probabilities"][0], [1]) for each in answers]
        probabilities = two_classes(graph, positive[0]) if len(positive) == 1 else graph.apply(graph.concat(positive), "share")
    together = scores[0] if len(scores) == 1 else graph.concat(scores)
    if len(scores) == 1:
        place = threshold(graph, together, 0 if "decision" in answers[0] else 0.5)
    else:
        place = pick(graph, together)
    decision = together if all("decision" in each for each in answers) else None
    return classification(graph, place, model.classes_, probabilities=probabilities, decision=decision)


def _bagged(graph, model, value):
    return [(each, picked(graph, joined(graph, value), features))
            for each, features in zip(model.estimators_, model.estimators_features_)]


def _bagging_classifier(graph, model, value):
    probabilities = average(graph, [_probabilities(graph, each, part) for each, part in _bagged(graph, model, value)])
    return classification(graph, pick(graph, probabilities), model.classes_, probabilities=probabilities)


def _bagging_regressor(graph, model, value):
    made = [answer(graph, each, part)["prediction"][0] for each, part in _bagged(graph, model, value)]
    return regression(graph, average(graph, made))


def _transformed_target(graph, model, value):
    made = answer(graph, model.regressor_, value)["prediction"][0]
    if model.transformer is None and model.func is None:
        return regression(graph, made)
    if model.inverse_func is not None:
        return regression(graph, known_function(graph, model.inverse_func, made))
    back = model.transformer_
    if short_name(back) != "StandardScaler":
        raise NotExportable(f"TransformedTargetRegressor with {class_name(back)}")
    scaled = graph.scale(made, back.mean_ if back.with_mean else 0, back.scale_ if back.with_std else 1, form="scale_first")
    return regression(graph, scaled)


# ---------------------------------------------------------------- boosters of other libraries

def _booster(graph, value, library, content, use, outputs):
    """A booster as its own library writes it: it is read where the file is."""
    node = graph.node("booster", [joined(graph, value)], 1, library=library, use=use, bytes=content)
    return {name: type(node)(f"{node.name}.{name}", width) for name, width in outputs.items()}


def _xgboost_classifier(graph, model, value):
    made = _booster(graph, value, "xgboost", bytes(model.get_booster().save_raw("ubj")), "classifier",
                    {"label": 1, "probabilities": int(model.n_classes_)})
    answers = {"label": label_of(graph, made["label"], model.classes_)}
    answers["probabilities"] = (made["probabilities"], "float32")
    return answers


def _xgboost_regressor(graph, model, value):
    made = _booster(graph, value, "xgboost", bytes(model.get_booster().save_raw("ubj")), "regressor", {"prediction": 1})
    return regression(graph, made["prediction"], "float32")


def _lightgbm_text(model):
    return model.booster_.model_to_string(num_iteration=model.best_iteration_ or None).encode()


def _lightgbm_classifier(graph, model, value):
    classes = len(model.classes_)
    made = _booster(graph, value, "lightgbm", _lightgbm_text(model), "booster", {"prediction": 1 if classes == 2 else classes})
    probabilities = two_classes(graph, made["prediction"]) if classes == 2 else made["prediction"]
    return classification(graph, pick(graph, probabilities), model.classes_, probabilities=probabilities)


def _lightgbm_regressor(graph, model, value):
    return regression(graph, _booster(graph, value, "lightgbm", _lightgbm_text(model), "booster", {"prediction": 1})["prediction"])


# ---------------------------------------------------------------- trees

def _tree_regressor(graph, model, value):
    return regression(graph, trees.average(graph, [model], joined(graph, value)))


def _forest_regressor(graph, model, value):
    return regression(graph, trees.average(graph, model.estimators_, joined(graph, value)))


def _tree_classifier(graph, model, value):
    probabilities = trees.average(graph, getattr(model, "estimators_", [model]), joined(graph, value))
    return classification(graph, pick(graph, probabilities), model.classes_, probabilities=probabilities)


def _gradient_boosting(graph, model, value):
    return trees.boosted(graph, model, joined(graph, value), _constant_start(model))


def _constant_start(model):
    init = model.init_
    if isinstance(init, str) and init == "zero" or short_name(init).startswith("Dummy"):
        return model._raw_predict_init(np.zeros((1, model.n_features_in_), dtype=np.float32)).reshape(-1)
    raise NotExportable(f"{class_name(model)} that starts from {class_name(init)}")


def _gradient_boosting_regressor(graph, model, value):
    return regression(graph, _gradient_boosting(graph, model, value))


def _gradient_boosting_classifier(graph, model, value):
    raw = _gradient_boosting(graph, model, value)
    return _from_raw(graph, model, raw, 2.0 if model.loss == "exponential" else 1.0, or_equal=True)


def _from_raw(graph, model, raw, steepness=1.0, or_equal=False):
    if raw.width > 1:
        return classification(graph, pick(graph, raw), model.classes_, probabilities=graph.apply(raw, "softmax"), decision=raw)
    scaled = raw if steepness == 1.0 else graph.scale(raw, 0, steepness, form="scale_first")
    probabilities = two_classes(graph, graph.apply(scaled, "sigmoid"))
    return classification(graph, threshold(graph, raw, 0, or_equal), model.classes_, probabilities=probabilities, decision=raw)


def _histogram_raw(graph, model, value):
    if getattr(model, "_preprocessor", None) is not None:
        value = transform(graph, model._preprocessor, value)
    return trees.histogram(graph, model, joined(graph, value))


def _histogram_regressor(graph, model, value):
    raw = _histogram_raw(graph, model, value)
    return regression(graph, graph.apply(raw, "exp") if model.loss in ("poisson", "gamma") else raw)


def _histogram_classifier(graph, model, value):
    return _from_raw(graph, model, _histogram_raw(graph, model, value))


def _isolation_forest(graph, model, value):
    depths = trees.isolation(graph, model, joined(graph, value))
    # A sum of depths over the depth to be expected: 2 to the power of minus that is the anomaly.
    expected = len(model.estimators_) * trees.average_path(model._max_samples)
    anomaly = graph.apply(graph.scale(depths, 0, -expected), "exp2")
    score = graph.apply(anomaly, "negate")
    decision = graph.scale(score, model.offset_, 1)
    place = threshold(graph, decision, 0, or_equal=True)
    return {"label": (graph.label(place, [-1, 1]), "int64"), "score": (score, "float64"), "decision": (decision, "float64")}


PREDICTORS = {
    **dict.fromkeys(("LinearRegression", "Ridge", "RidgeCV", "Lasso", "LassoCV", "LassoLars", "LassoLarsCV", "LassoLarsIC", "Lars",
                     "LarsCV", "ElasticNet", "ElasticNetCV", "BayesianRidge", "ARDRegression", "HuberRegressor",
                     "QuantileRegressor", "SGDRegressor", "TheilSenRegressor", "OrthogonalMatchingPursuit", "LinearSVR",
                     "PassiveAggressiveRegressor"), _linear_regression),
    **dict.fromkeys(("PoissonRegressor", "GammaRegressor", "TweedieRegressor"), _glm),
    **dict.fromkeys(("RidgeClassifier", "RidgeClassifierCV", "Perceptron", "PassiveAggressiveClassifier", "LinearSVC"),
                    _linear_classifier),
    **dict.fromkeys(("LogisticRegression", "LogisticRegressionCV"), _logistic),
    **dict.fromkeys(("SVR", "NuSVR"), _svr), **dict.fromkeys(("SVC", "NuSVC"), _svc),
    **dict.fromkeys(("KMeans", "MiniBatchKMeans", "BisectingKMeans"), _k_means),
    **dict.fromkeys(("DecisionTreeRegressor", "ExtraTreeRegressor"), _tree_regressor),
    **dict.fromkeys(("RandomForestRegressor", "ExtraTreesRegressor"), _forest_regressor),
    **dict.fromkeys(("DecisionTreeClassifier", "ExtraTreeClassifier", "RandomForestClassifier", "ExtraTreesClassifier"),
                    _tree_classifier),
    "PLSRegression": _pls, "SGDClassifier": _sgd_classifier, "LinearDiscriminantAnalysis": _discriminant,
    "OneClassSVM": _one_class_svm, "GaussianNB": _gaussian_nb, "MultinomialNB": _multinomial_nb, "ComplementNB": _complement_nb,
    "BernoulliNB": _bernoulli_nb, "KNeighborsRegressor": _neighbours_regressor, "KNeighborsClassifier": _neighbours_classifier,
    "MLPRegressor": _network_regressor, "MLPClassifier": _network_classifier, "VotingClassifier": _voting_classifier,
    "VotingRegressor": _voting_regressor, "StackingRegressor": _stacked, "StackingClassifier": _stacking_classifier,
    "CalibratedClassifierCV": _calibrated, "OneVsRestClassifier": _one_against_rest, "BaggingClassifier": _bagging_classifier,
    "BaggingRegressor": _bagging_regressor, "TransformedTargetRegressor": _transformed_target,
    "GradientBoostingRegressor": _gradient_boosting_regressor, "GradientBoostingClassifier": _gradient_boosting_classifier,
    "HistGradientBoostingRegressor": _histogram_regressor, "HistGradientBoostingClassifier": _histogram_classifier,
    "IsolationForest": _isolation_forest,
}

BOOSTERS = {"XGBClassifier": _xgboost_classifier, "XGBRFClassifier": _xgboost_classifier, "XGBRegressor": _xgboost_regressor,
            "XGBRFRegressor": _xgboost_regressor, "XGBRanker": _xgboost_regressor, "LGBMClassifier": _lightgbm_classifier,
            "LGBMRegressor": _lightgbm_regressor, "LGBMRanker": _lightgbm_regressor}
