"""Transformers: what makes features of columns."""
import math

import numpy as np

from .graph import Frame, NotExportable, Ragged, categories, is_missing, numbers


def class_name(estimator):
    return f"{type(estimator).__module__}.{type(estimator).__qualname__}"


def short_name(estimator):
    return type(estimator).__name__


# ---------------------------------------------------------------- what a model reads

def feature_names(model):
    names = getattr(model, "feature_names_in_", None)
    if names is None and short_name(model) == "Pipeline":
        names = getattr(model.steps[0][1], "feature_names_in_", None)
    return None if names is None else [str(name) for name in names]


def feature_count(model):
    count = getattr(model, "n_features_in_", None)
    if count is None and short_name(model) == "Pipeline":
        return feature_count(model.steps[0][1])
    return None if count is None else int(count)


def first_steps(model):
    """The steps that read a model's columns themselves, with the columns each reads (None for all)."""
    kind = short_name(model)
    if kind == "Pipeline":
        return first_steps(_real_steps(model)[0]) if _real_steps(model) else []
    if kind == "ColumnTransformer":
        return [(step, columns) for _, step, columns in model.transformers_ if not isinstance(step, str)]
    if kind == "FeatureUnion":
        return [found for _, step in model.transformer_list for found in first_steps(step)]
    if hasattr(model, "best_estimator_"):
        return first_steps(model.best_estimator_)
    return [(model, None)]


def text_columns(model, names):
    """Names of the columns whose categories are texts."""
    found = set()
    for step, columns in first_steps(model):
        picked = names if columns is None else [names[i] if not isinstance(i, str) else i for i in _positions(columns, names)]
        found |= _texts_of(step, picked)
    return found


def _texts_of(step, names):
    kind = short_name(step)
    if kind == "Pipeline":
        return set().union(*[_texts_of(each, names) for each in _real_steps(step)[:2]]) if _real_steps(step) else set()
    lists = getattr(step, "categories_", None)
    if lists is not None and len(lists) == len(names):
        return {name for name, each in zip(names, lists)
                if any(isinstance(value, str) for value in np.asarray(each, dtype=object))}
    if kind == "SimpleImputer":
        return {name for name, value in zip(names, step.statistics_) if isinstance(value, str)}
    if kind in ("CountVectorizer", "TfidfVectorizer"):
        return set(names)
    return set()


def reads_documents(model):
    return any(short_name(step) in ("CountVectorizer", "TfidfVectorizer") for step, _ in first_steps(model))


def _real_steps(pipeline):
    return [step for _, step in pipeline.steps if step is not None and not (isinstance(step, str) and step == "passthrough")]


# ---------------------------------------------------------------- values

def joined(graph, value):
    """Columns that are still apart, together: all numbers or all texts."""
    if isinstance(value, Frame):
        return graph.concat(list(value.columns.values()))
    return value


def parts(graph, value):
    """Runs of columns of one kind, in order: [(value, first column)]."""
    if not isinstance(value, Frame):
        return [(value, 0)]
    found, run, first = [], [], 0
    for place, column in enumerate(value.columns.values()):
        if run and run[-1].texts != column.texts:
            found.append((graph.concat(run), first))
            run, first = [], place
        run.append(column)
    if run:
        found.append((graph.concat(run), first))
    return found


def picked(graph, value, columns):
    """Some columns, by name or place."""
    if isinstance(value, Frame):
        names = list(value.columns)
        return value.pick([name if isinstance(name, str) else names[name] for name in _positions(columns, names)])
    return graph.select(value, _positions(columns, value.columns or list(range(value.width))))


def _positions(columns, names):
    """Columns as a list of names or places: they may be a mask, a slice, a single one."""
    if isinstance(columns, slice):
        if isinstance(columns.start, str) or isinstance(columns.stop, str):
            first = names.index(columns.start) if columns.start is not None else 0
            last = names.index(columns.stop) if columns.stop is not None else len(names) - 1
            return list(range(first, last + 1))
        return list(range(len(names)))[columns]
    if isinstance(columns, (str, int, np.integer)):
        columns = [columns]
    columns = list(columns)
    if columns and all(isinstance(each, (bool, np.bool_)) for each in columns):
        return [place for place, each in enumerate(columns) if each]
    return [each if isinstance(each, str) else int(each) % len(names) for each in columns]


# ---------------------------------------------------------------- transformers

def transform(graph, step, value):
    """What a fitted transformer makes of a value."""
    if step is None or (isinstance(step, str) and step == "passthrough"):
        return value
    known = TRANSFORMERS.get(short_name(step))
    if known is None or not type(step).__module__.startswith("sklearn."):
        raise NotExportable(f"{class_name(step)} is not known to the exporter; serve the model in a Python worker")
    return known(graph, step, value)


def _pipeline(graph, step, value):
    for _, each in step.steps:
        value = transform(graph, each, value)
    return value


def _column_transformer(graph, step, value):
    made = []
    for _, each, columns in step.transformers_:
        if isinstance(each, str) and each == "drop":
            continue
        part = picked(graph, value, columns)
        if part.width == 0:
            continue
        if isinstance(columns, str) and short_name(each) in ("CountVectorizer", "TfidfVectorizer"):
            part = joined(graph, part)
        made.append(joined(graph, transform(graph, each, part)))
    return graph.concat(made)


def _feature_union(graph, step, value):
    made = []
    for name, each in step.transformer_list:
        if isinstance(each, str) and each == "drop":
            continue
        result = joined(graph, transform(graph, each, value))
        weight = (step.transformer_weights or {}).get(name)
        made.append(result if weight is None else graph.scale(result, 0, weight, form="scale_first"))
    return graph.concat(made)


def _standard_scaler(graph, step, value):
    value = joined(graph, value)
    return graph.scale(value, step.mean_ if step.with_mean else 0, step.scale_ if step.with_std else 1)


def _min_max_scaler(graph, step, value):
    low, high = step.feature_range if step.clip else (-math.inf, math.inf)
    return graph.scale(joined(graph, value), step.min_, step.scale_, form="scale_first", low=low, high=high)


def _max_abs_scaler(graph, step, value):
    clips = getattr(step, "clip", False)
    return graph.scale(joined(graph, value), 0, step.scale_, low=-1 if clips else -math.inf, high=1 if clips else math.inf)


def _robust_scaler(graph, step, value):
    return graph.scale(joined(graph, value), step.center_ if step.with_centering else 0, step.scale_ if step.with_scaling else 1)


def _normalizer(graph, step, value):
    value = joined(graph, value)
    return graph.node("normalize", [value], value.width, names=value.columns, norm=step.norm, precision="float64")


def _binarizer(graph, step, value):
    return threshold(graph, joined(graph, value), step.threshold)


def threshold(graph, value, limit, or_equal=False):
    return graph.node("threshold", [value], value.width, names=value.columns, threshold=float(limit), or_equal=or_equal)


def _simple_imputer(graph, step, value):
    made = []
    width = len(step.statistics_)
    for part, first in parts(graph, value):
        statistics = step.statistics_[first:first + part.width]
        kept = [i for i, each in enumerate(statistics) if not is_missing(each)]
        if part.texts:
            if step.add_indicator:
                raise NotExportable("a SimpleImputer of texts with add_indicator")
            part = graph.select(part, kept)
            missing = "" if is_missing(step.missing_values) else str(step.missing_values)
            made.append(graph.node("impute_text", [part], part.width, True, part.columns, missing=missing,
                                   fill=[str(statistics[i]) for i in kept]))
            continue
        indicators = []
        if step.add_indicator:
            if part.width != width:
                raise NotExportable("a SimpleImputer of texts and numbers with add_indicator")
            indicators = [int(i) for i in step.indicator_.features_]
        missing = math.nan if is_missing(step.missing_values) else float(step.missing_values)
        fill = np.array([0.0 if is_missing(each) else float(each) for each in statistics])
        filled = graph.node("impute", [part], part.width + len(indicators), missing=missing, fill=fill,
                            indicators=np.array(indicators, dtype=np.int32))
        filled.columns = part.columns + [f"{part.columns[i]}_missing" for i in indicators] if part.columns else None
        made.append(graph.select(filled, kept + list(range(part.width, part.width + len(indicators)))))
    return _together(graph, made)


def _together(graph, values):
    """One value if they are of one kind; else columns apart."""
    if len({value.texts for value in values}) == 1:
        return graph.concat(values)
    columns = {}
    for value in values:
        for i in range(value.width):
            single = graph.select(value, [i])
            columns[single.columns[0] if single.columns else f"{single.name}"] = single
    return Frame(graph, columns)


def _missing_indicator(graph, step, value):
    value = joined(graph, value)
    missing = math.nan if is_missing(step.missing_values) else float(step.missing_values)
    features = [int(i) for i in step.features_]
    both = graph.node("impute", [value], value.width + len(features), missing=missing, fill=np.zeros(value.width),
                      indicators=np.array(features, dtype=np.int32))
    return graph.select(both, range(value.width, value.width + len(features)))


def _grouped(step, column):
    """For each category the place it is given, where rare ones share one; and how many places there are."""
    count = len(step.categories_[column])
    mappings = getattr(step, "_default_to_infrequent_mappings", None)
    mapping = None if mappings is None else mappings[column]
    if mapping is None:
        return list(range(count)), count, None
    mapping = [int(place) for place in mapping]
    return mapping, max(mapping) + 1, max(mapping)


def _one_hot_encoder(graph, step, value):
    made = []
    for part, first in parts(graph, value):
        columns = []
        for i in range(part.width):
            column = first + i
            places, width, infrequent = _grouped(step, column)
            dropped = None if step.drop_idx_ is None else step.drop_idx_[column]
            if dropped is not None:
                # drop_idx_ names a category; what is dropped is its place.
                dropped = places[int(dropped)]
                places = [-1 if place == dropped else place - (place > dropped) for place in places]
                width -= 1
            unknown = -1
            if step.handle_unknown == "error":
                unknown = -2
            elif step.handle_unknown in ("infrequent_if_exist", "warn") and infrequent is not None:
                unknown = -1 if infrequent == dropped else infrequent - (dropped is not None and infrequent > dropped)
            columns.append({"categories": categories(step.categories_[column]), "places": places, "width": width,
                            "unknown": unknown})
        made.append(graph.node("one_hot", [part], sum(column["width"] for column in columns), columns=columns))
    return graph.concat(made)


def encode(graph, part, columns):
    return graph.node("encode", [part], len(columns), columns=columns)


def _ordinal_encoder(graph, step, value):
    made = []
    for part, first in parts(graph, value):
        columns = []
        for i in range(part.width):
            column = first + i
            places, _, infrequent = _grouped(step, column)
            values = [float(place) for place in places]
            known = categories(step.categories_[column])
            # Of missing values only NaN is encoded as one; None is a category like others.
            if known["missing_at"] >= 0 and step.categories_[column][known["missing_at"]] is not None:
                values[known["missing_at"]] = float(step.encoded_missing_value)
            refuses = step.handle_unknown == "error"
            unknown = math.nan if refuses or step.unknown_value is None else float(step.unknown_value)
            columns.append({"categories": known, "values": values, "refuse_unknown": refuses, "unknown": unknown})
        made.append(encode(graph, part, columns))
    return graph.concat(made)


def _target_encoder(graph, step, value):
    made = []
    classes = len(step.classes_) if step.target_type_ == "multiclass" else 1
    for part, first in parts(graph, value):
        columns = []
        for i in range(part.width):
            for each in range(classes):
                means = np.atleast_1d(step.target_mean_)
                columns.append({"categories": categories(step.categories_[first + i]),
                                "values": [float(x) for x in step.encodings_[(first + i) * classes + each]],
                                "refuse_unknown": False, "unknown": float(means[each if classes > 1 else 0])})
        repeated = graph.select(part, [i for i in range(part.width) for _ in range(classes)])
        made.append(encode(graph, repeated, columns))
    return graph.concat(made)


def _bins(graph, step, value):
    value = joined(graph, value)
    edges = [edges[1:-1] for edges in step.bin_edges_]
    places = graph.node("bucketize", [value], value.width, names=value.columns, edges=Ragged(edges, np.float64),
                        on_edge_counts=True)
    if step.encode == "ordinal":
        return places
    columns = [{"categories": categories([float(i) for i in range(int(count))]), "places": list(range(int(count))),
                "width": int(count), "unknown": -1} for count in step.n_bins_]
    return graph.node("one_hot", [places], int(sum(step.n_bins_)), columns=columns)


def _polynomial(graph, step, value):
    value = joined(graph, value)
    # scikit-learn multiplies the last factor by the one before it, and so on to the first.
    factors = [[column for column in reversed(range(value.width)) for _ in range(int(powers[column]))]
               for powers in step.powers_]
    return graph.node("polynomial", [value], len(factors), read=value.width, factors=Ragged(factors, np.int32))


def _power(graph, step, value):
    value = joined(graph, value)
    made = graph.node("power", [value], value.width, names=value.columns, family=step.method.replace("-", "_"),
                      lambdas=numbers(step.lambdas_, value.width))
    return _standard_scaler(graph, step._scaler, made) if step.standardize else made


def interpolate(graph, value, points):
    return graph.node("interpolate", [value], value.width, names=value.columns,
                      x=Ragged([x for x, _ in points], np.float64), y=Ragged([y for _, y in points], np.float64))


def _quantiles(graph, step, value):
    if step.output_distribution != "uniform":
        raise NotExportable("a QuantileTransformer to a normal distribution")
    value = joined(graph, value)
    columns = [step.quantiles_[:, i] for i in range(value.width)]
    # Of equal quantiles the mean of the first and the last one's place is taken.
    forward = interpolate(graph, value, [(x, step.references_) for x in columns])
    back = interpolate(graph, graph.apply(value, "negate"), [(-x[::-1], -step.references_[::-1]) for x in columns])
    both = graph.node("sum", [forward, graph.apply(back, "negate")], value.width, precision="float64")
    return graph.scale(both, 0, 0.5, form="scale_first")


FUNCTIONS = {"log": "log", "log2": "log2", "log10": "log10", "log1p": "log1p", "exp": "exp", "exp2": "exp2", "expm1": "expm1",
             "sqrt": "sqrt", "square": "square", "absolute": "absolute", "negative": "negate", "reciprocal": "reciprocal",
             "tanh": "tanh", "floor": "floor", "ceil": "ceiling"}


def _function(graph, step, value):
    # HistGradientBoosting passes its numbers through a check that they are numbers.
    if step.func is None or getattr(getattr(step.func, "func", None), "__name__", "") == "check_array":
        return value
    return known_function(graph, step.func, joined(graph, value))


def known_function(graph, function, value):
    name = getattr(function, "__name__", repr(function))
    if not isinstance(function, np.ufunc) or name not in FUNCTIONS:
        raise NotExportable(f"the function {name}: of functions only numpy's {', '.join(sorted(FUNCTIONS))} are known")
    return graph.apply(value, FUNCTIONS[name])


def _pca(graph, step, value):
    projected = graph.linear(joined(graph, value), step.components_, -(step.mean_ @ step.components_.T))
    if not step.whiten:
        return projected
    scale = np.sqrt(step.explained_variance_)
    smallest = np.finfo(scale.dtype).eps
    return graph.scale(projected, 0, np.where(scale < smallest, smallest, scale))


def _truncated_svd(graph, step, value):
    return graph.linear(joined(graph, value), step.components_, 0)


def _fast_ica(graph, step, value):
    bias = -(step.mean_ @ step.components_.T) if step.whiten else 0
    return graph.linear(joined(graph, value), step.components_, bias)


def _discriminant(graph, step, value):
    if not hasattr(step, "scalings_"):
        raise NotExportable("LinearDiscriminantAnalysis of this solver as a transformer")
    weights = step.scalings_[:, :step._max_components].T
    bias = -(step.xbar_ @ weights.T) if step.solver == "svd" else 0
    return graph.linear(joined(graph, value), weights, bias)


def _selector(graph, step, value):
    return picked(graph, value, np.flatnonzero(step.get_support()))


def _words(graph, step, value):
    value = joined(graph, value)
    if step.analyzer != "word" or step.preprocessor is not None or step.tokenizer is not None:
        raise NotExportable(f"{short_name(step)} with an analyzer, tokenizer or preprocessor of its own")
    if step.token_pattern != r"(?u)\b\w\w+\b" or step.strip_accents is not None or step.stop_words is not None:
        raise NotExportable(f"{short_name(step)} with another token_pattern, strip_accents or stop_words")
    terms = [term for term, _ in sorted(step.vocabulary_.items(), key=lambda item: item[1])]
    weighed = short_name(step) == "TfidfVectorizer"
    shortest, longest = step.ngram_range
    return graph.node("count_words", [value], len(terms), lower_case=bool(step.lowercase), shortest=shortest, longest=longest,
                      terms=terms, weights=numbers(step.idf_ if weighed and step.use_idf else 1, len(terms)),
                      binary=bool(step.binary), sublinear=bool(weighed and step.sublinear_tf),
                      norm=(step.norm or "none") if weighed else "none")


def _tfidf(graph, step, value):
    if step.sublinear_tf:
        raise NotExportable("a TfidfTransformer with sublinear_tf; use TfidfVectorizer")
    value = joined(graph, value)
    if step.use_idf:
        value = graph.scale(value, 0, step.idf_, form="scale_first")
    if step.norm is None:
        return value
    return graph.node("normalize", [value], value.width, norm=step.norm, precision="float64")


def distances(graph, value, centers, metric="euclidean"):
    centers = np.asarray(centers, dtype=np.float64)
    return graph.node("distances", [value], len(centers), centers=centers, metric=metric, precision="float64")


def _k_means(graph, step, value):
    return distances(graph, joined(graph, value), step.cluster_centers_)


TRANSFORMERS = {
    "Pipeline": _pipeline, "ColumnTransformer": _column_transformer, "FeatureUnion": _feature_union,
    "StandardScaler": _standard_scaler, "MinMaxScaler": _min_max_scaler, "MaxAbsScaler": _max_abs_scaler,
    "RobustScaler": _robust_scaler, "Normalizer": _normalizer, "Binarizer": _binarizer, "SimpleImputer": _simple_imputer,
    "MissingIndicator": _missing_indicator, "OneHotEncoder": _one_hot_encoder, "OrdinalEncoder": _ordinal_encoder,
    "TargetEncoder": _target_encoder, "KBinsDiscretizer": _bins, "PolynomialFeatures": _polynomial, "PowerTransformer": _power,
    "QuantileTransformer": _quantiles, "FunctionTransformer": _function, "PCA": _pca, "IncrementalPCA": _pca,
    "TruncatedSVD": _truncated_svd, "FastICA": _fast_ica, "LinearDiscriminantAnalysis": _discriminant,
    "VarianceThreshold": _selector, "SelectKBest": _selector, "SelectPercentile": _selector, "SelectFromModel": _selector,
    "SelectFpr": _selector, "SelectFdr": _selector, "SelectFwe": _selector, "GenericUnivariateSelect": _selector, "RFE": _selector,
    "RFECV": _selector, "SequentialFeatureSelector": _selector, "CountVectorizer": _words, "TfidfVectorizer": _words,
    "TfidfTransformer": _tfidf, "KMeans": _k_means, "MiniBatchKMeans": _k_means,
}
