"""The words and rules of the product copy, English and Chinese.

Words of a list stand in the order of their frequency: the word of rank r has a probability
proportional to 1 / r, roughly as in real language (Zipf, 1949).
"""

from collections.abc import Iterable, Mapping

ATTRIBUTES = {
    "category": ("mug", "scarf", "boots", "lamp", "backpack", "gloves", "umbrella", "notebook"),
    "colour": ("black", "white", "blue", "red", "green", "orange"),
    "tone": ("plain", "warm", "bold"),
    "price": ("mid", "budget", "premium"),
}

_MANY = ("boots", "gloves")  # nouns that are plural in English

_EN_MATERIALS = {
    "mug": ("stoneware", "porcelain", "enamel"),
    "scarf": ("wool", "silk", "cotton", "cashmere"),
    "boots": ("leather", "suede", "rubber"),
    "lamp": ("brass", "oak", "bamboo", "steel"),
    "backpack": ("canvas", "nylon", "leather"),
    "gloves": ("wool", "leather", "fleece"),
    "umbrella": ("nylon", "bamboo", "steel"),
    "notebook": ("linen", "leather", "paper"),
}
_EN_FEATURES = {
    "mug": ("a wide handle", "a snug lid", "an even glaze", "a thick rim"),
    "scarf": ("a long fringe", "a soft hem", "a fine weave", "an extra fold"),
    "boots": ("a firm grip", "a warm lining", "an extra sole", "a low heel"),
    "lamp": ("a steady base", "a soft glow", "an easy dimmer", "a long cord"),
    "backpack": ("a hidden pocket", "a padded back", "an extra strap", "a dry core"),
    "gloves": ("a warm lining", "a firm grip", "an elastic cuff", "a neat seam"),
    "umbrella": ("a sturdy frame", "a curved handle", "an easy button", "a slim case"),
    "notebook": ("a flat spine", "thick pages", "an inner pocket", "a ribbon"),
}
_EN_ADJECTIVES = {
    "plain": ("A simple", "An everyday", "A useful", "An honest", "An ordinary", "A modest"),
    "warm": ("A lovely", "A cosy", "An adorable", "A cheerful", "An inviting", "A friendly"),
    "bold": ("A striking", "An amazing", "A brilliant", "A unique", "An epic", "A daring"),
}
_EN_OCCASIONS = (
    "a good friend",
    "daily use",
    "a birthday",
    "the holidays",
    "an early start",
    "yourself",
)
_EN_QUESTIONS = ("Need a gift?", "Tired of the old?", "Birthday soon?", "Long week?", "Moving?")
_EN_MARKS = {
    "plain": (".", ", as always.", ", plain and simple."),
    "warm": (", just for you.", ", we promise.", ", with love."),
    "bold": ("!", ", today only!", ", so hurry!"),
}
# The verb agrees with the noun of the first sentence.
_EN_CLOSINGS = {
    "budget": {
        "one": ("It costs next to nothing", "It is a bargain", "No {noun} costs less"),
        "many": ("They cost next to nothing", "They are a bargain", "No {noun} cost less"),
    },
    "mid": {
        "one": ("It is worth every cent", "It has a fair price", "A good {noun} need not be dear"),
        "many": (
            "They are worth every cent",
            "They have a fair price",
            "Good {noun} need not be dear",
        ),
    },
    "premium": {
        "one": ("It lasts a lifetime", "It is our finest {noun}", "It spoils you"),
        "many": ("They last a lifetime", "They are our finest {noun}", "They spoil you"),
    },
}

_ZH_COLOURS = {
    "black": "黑色",
    "white": "白色",
    "blue": "蓝色",
    "red": "红色",
    "green": "绿色",
    "orange": "橙色",
}
# Measure word, noun, materials, features.
_ZH_GOODS = {
    "mug": (
        "只",
        "杯子",
        ("陶瓷", "玻璃", "搪瓷"),
        ("手柄宽大", "杯口圆润", "保温持久", "容量刚好"),
    ),
    "scarf": (
        "条",
        "围巾",
        ("羊毛", "真丝", "纯棉", "羊绒"),
        ("手感柔软", "宽大厚实", "做工精细", "贴身保暖"),
    ),
    "boots": (
        "双",
        "靴子",
        ("牛皮", "麂皮", "橡胶"),
        ("鞋底防滑", "久走不累", "雨天不湿", "内里加绒"),
    ),
    "lamp": (
        "盏",
        "台灯",
        ("黄铜", "橡木", "竹编", "钢制"),
        ("光线柔和", "底座稳固", "轻触调光", "久看不累"),
    ),
    "backpack": (
        "个",
        "背包",
        ("帆布", "尼龙", "牛皮"),
        ("口袋很多", "背带舒适", "防水耐磨", "容量刚好"),
    ),
    "gloves": (
        "副",
        "手套",
        ("羊毛", "真皮", "针织"),
        ("内里加绒", "掌心防滑", "触屏可用", "指尖灵活"),
    ),
    "umbrella": (
        "把",
        "雨伞",
        ("尼龙", "竹骨", "钢骨"),
        ("抗风结实", "一按就开", "轻巧好带", "手柄宽大"),
    ),
    "notebook": (
        "本",
        "笔记本",
        ("布面", "皮面", "纸面"),
        ("纸张厚实", "平摊不翘", "书写顺滑", "轻巧好带"),
    ),
}
_ZH_ADJECTIVES = {
    "plain": ("简单", "实用", "普通", "朴素", "耐用", "百搭"),
    "warm": ("温馨", "可爱", "贴心", "暖心", "讨喜", "俏皮"),
    "bold": ("惊艳", "抢眼", "炫酷", "时髦", "亮眼", "吸睛"),
}
_ZH_OCCASIONS = ("送好友", "日常用", "过生日", "过节送礼", "犒劳自己", "送给家人")
_ZH_MARKS = {
    "plain": ("。", "，仅此而已。", "，一如既往。"),
    "warm": ("哦。", "，送给您。", "，请放心。"),
    "bold": ("！", "，仅限今天！", "，快来抢购！"),
}
_ZH_CLOSINGS = {
    "budget": ("价格很低", "这{thing}很便宜", "花不了几个钱"),
    "mid": ("价格公道", "这{thing}值这个价", "每分钱都值"),
    "premium": ("品质一流", "这{thing}能用一辈子", "好货不怕贵"),
}


def by_rank(values: Iterable[str]) -> dict[str, float]:
    """Return probabilities in proportion to 1, 1/2, 1/3, ... of the values in their order."""
    weights = {value: 1 / rank for rank, value in enumerate(values, 1)}
    total = sum(weights.values())
    return {value: weight / total for value, weight in weights.items()}


def english(category: str, colour: str, tone: str, price: str) -> dict[str, float]:
    """Return the bodies of an English advert with these attributes."""
    number = "many" if category in _MANY else "one"
    opening = f"{{opening {tone} {number}}} {colour} {{material {category}}} {category}"
    closing = f"{{closing {price} {category}}}{{mark {tone}}}"
    return {
        f"{opening} with {{feature {category}}}. {closing}": 0.45,
        f"{opening} for {{occasion}}. {closing}": 0.35,
        f"{{question}} {opening}. {closing}": 0.2,
    }


def english_shared() -> dict[str, Mapping[str, float]]:
    """Return the rules that English adverts of different attributes share."""
    rules = {"occasion": by_rank(_EN_OCCASIONS), "question": by_rank(_EN_QUESTIONS)}
    for tone, adjectives in _EN_ADJECTIVES.items():
        rules[f"opening {tone} one"] = by_rank(adjectives)
        rules[f"opening {tone} many"] = by_rank(
            adjective.split()[1].capitalize() for adjective in adjectives
        )
        rules[f"mark {tone}"] = by_rank(_EN_MARKS[tone])
    for category in ATTRIBUTES["category"]:
        rules[f"material {category}"] = by_rank(_EN_MATERIALS[category])
        rules[f"feature {category}"] = by_rank(_EN_FEATURES[category])
        number = "many" if category in _MANY else "one"
        for price, closings in _EN_CLOSINGS.items():
            rules[f"closing {price} {category}"] = by_rank(
                closing.format(noun=category) for closing in closings[number]
            )
    return dict(rules)


def chinese(category: str, colour: str, tone: str, price: str) -> dict[str, float]:
    """Return the bodies of a Chinese advert with these attributes."""
    measure, noun, _, _ = _ZH_GOODS[category]
    thing = f"{_ZH_COLOURS[colour]}{{material {category}}}{noun}"
    closing = f"{{closing {price} {category}}}{{mark {tone}}}"
    return {
        f"一{measure}{{adjective {tone}}}的{thing}，{{feature {category}}}，{closing}": 0.45,
        f"适合{{occasion}}的一{measure}{{adjective {tone}}}{thing}，{closing}": 0.3,
        f"{{adjective {tone}}}的{thing}一{measure}，{{feature {category}}}，{closing}": 0.25,
    }


def chinese_shared() -> dict[str, Mapping[str, float]]:
    """Return the rules that Chinese adverts of different attributes share."""
    rules = {"occasion": by_rank(_ZH_OCCASIONS)}
    for tone, adjectives in _ZH_ADJECTIVES.items():
        rules[f"adjective {tone}"] = by_rank(adjectives)
        rules[f"mark {tone}"] = by_rank(_ZH_MARKS[tone])
    for category, (measure, noun, materials, features) in _ZH_GOODS.items():
        rules[f"material {category}"] = by_rank(materials)
        rules[f"feature {category}"] = by_rank(features)
        for price, closings in _ZH_CLOSINGS.items():
            rules[f"closing {price} {category}"] = by_rank(
                closing.format(thing=measure + noun) for closing in closings
            )
    return dict(rules)
