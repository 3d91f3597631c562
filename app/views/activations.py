"""Activations page: one film through the network, layer by layer, from edges to evidence."""

import streamlit as st

from app.core.markdown import escape_markdown, escape_sentence
from app.core.networks import activations
from app.core.networks.contributions import contributions
from app.core.review.film_names import shown_name
from app.ui import quality
from app.ui.activations import channel_picture, evidence, layer_walk, pictures, value_views
from app.ui.cache import activations as cached_activations
from app.ui.cache import films, models
from app.ui.worklists import opened as worklists

opened, item = worklists.require_film()
bundle, source = opened.bundle, opened.source(item)
case = films.case(bundle, source)

st.markdown(f"#### Activations · {escape_markdown(shown_name(opened.worklist, item, source.name))}")
quality.say(bundle)
if case.film is None or case.prediction is None:
    st.error(
        f"There are no activations to show. {escape_sentence(case.reason)}", icon=":material/error:"
    )
    st.stop()

layer_walk.require_layers(bundle)
network = models.network(bundle)
layers = activations.layers(network.model)
pixels = films.network_input(bundle, source, case.image_id)
task = bundle.manifest.task
# With two classes, always explain the positive one, whatever was predicted.
explained = 1 if task.binary else case.prediction.class_index

pending = None
film_side, layer_side = st.columns([1, 5])
with film_side:
    pictures.show_film(case, case.film, pixels, bundle)

with layer_side:
    member = layer_walk.choose_member(layers, bundle)
    if member is not None:
        layers = [layer for layer in layers if layer.member in (member, None)]
    layer_names = {layer.name for layer in layers}
    strongest = cached_activations.strongest_channels(bundle, source, case.image_id)
    name = layer_walk.choose_layer(
        layers,
        [channel for channel in strongest if channel.layer in layer_names],
        case.film,
        case.evidence[explained],
        bundle,
        class_index=explained,
    )
    view = pictures.choose_view()
    layer = next((layer for layer in layers if layer.name == name), None)
    if view.name == pictures.LIST:
        layer_walk.show_layer_list(layers, bundle)
    elif layer is None:
        evidence.show(case.film, case.evidence[explained], bundle=bundle, class_index=explained)
    else:
        description, action = st.columns([8, 5], vertical_alignment="center")
        description.write(layer.sentence)
        values = cached_activations.layer_values(bundle, source, case.image_id, layer.name)
        if layer.name == layers[-1].name:
            value_views.show_output(
                values,
                contributions(network, pixels, explained),
                bundle=bundle,
                class_index=explained,
            )
        elif layer.form == "maps":
            pending = pictures.show_maps(
                values,
                layer,
                case.film,
                bundle=bundle,
                image_id=case.image_id,
                view=view,
                action=action if layer.name in {one.layer for one in strongest} else None,
            )
        elif layer.form == "vector":
            value_views.show_vector(values, layer)
        else:
            value_views.show_table(values, colour_map=view.colour_map)

if pending is not None:  # last, so that the rest of the page is already there
    channel_picture.search(pending, bundle)
